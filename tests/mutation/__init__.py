"""Mutation testing: each mutant changes one thing of the source, and some test must fail for it."""
