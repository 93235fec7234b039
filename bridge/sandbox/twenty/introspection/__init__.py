"""The schema of /graphql as introspection shows it, built from the workspace's objects.

Root fields of the workspace are executed without it, as in the original; see `execution`.
"""
