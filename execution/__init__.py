"""The executor: answers a GraphQL operation level by level, each field once for all objects of a level.

It knows graphql-core and Strawberry's field definitions and nothing of the graph it serves. The stages, in order:
documents (text to a checked document), operations (whether the fast path takes it), plan (selections to plans),
loop (levels, batches), complete (values to objects), rows (objects to dicts), faults (errors, only when there are
any), encode (the answer as bytes). engine.py puts them behind graphql-core's interface, route.py behind HTTP's.
"""
