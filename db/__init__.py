"""The last layer: tables, engines, statements. Rows in, rows out; knows SQL and nothing of GraphQL or REST."""
