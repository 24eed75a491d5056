"""What can be done through the graph: one pydantic model for each mutation, which is all that its layers share.

`schema/` makes the mutation and its input type of the model, `rest/local/` applies it. `chart_queries.py` checks a specification of a chart against its table. Nothing here reads a database.
"""
