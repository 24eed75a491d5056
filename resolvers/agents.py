"""Agents."""

from db.agents import agents
from db.pages import Term
from db.workspaces import workspace_agents, workspaces
from resolvers.pages import Connection
from resolvers.relations import one

BY_NAME = (Term("name"),)

agents_by_id = one(agents.c.id)
all_agents = Connection("agents", agents, BY_NAME)
agents_of_workspaces = Connection(
    "workspace.agents", agents, BY_NAME, match=workspace_agents.c.workspace_id, pair=workspace_agents.c.agent_id
)
workspaces_of_agents = Connection(
    "agent.workspaces",
    workspaces,
    (Term("name"),),
    match=workspace_agents.c.agent_id,
    pair=workspace_agents.c.workspace_id,
)
