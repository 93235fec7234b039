"""The records of the workspace: what `POST /graphql` reads and writes."""
