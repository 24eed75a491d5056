"""Computers."""

from db.computers import computers
from db.pages import Term
from resolvers.pages import Connection
from resolvers.relations import one

OLDEST = (Term("created_at"),)

computers_by_id = one(computers.c.id)
all_computers = Connection("computers", computers, OLDEST)
computers_of_workspaces = Connection("workspace.computers", computers, OLDEST, match=computers.c.workspace_id)
