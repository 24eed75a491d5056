"""The graph: types, fields and arguments with their descriptions, and what feeds each of them."""
