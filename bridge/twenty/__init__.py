"""How Twenty speaks: its GraphQL operations, errors and rate limit, in terms of people and activities."""
