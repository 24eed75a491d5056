"""Activity of workspaces."""

from db.activity import activity_items
from db.pages import Term
from resolvers.pages import Connection

activity_of_workspaces = Connection(
    "workspace.activity",
    activity_items,
    (Term("created_at", descending=True),),
    match=activity_items.c.workspace_id,
)
