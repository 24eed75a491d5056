"""What can be done through the graph: one pydantic model for each mutation, which is all that its layers share.

`schema/` makes the mutation and its input type of the model, `rest/local/` applies it. `chart_queries.py` checks a
chart's specification against its table. Nothing here reads a database.
"""
