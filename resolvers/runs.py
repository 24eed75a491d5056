"""Runs, their steps, and the tasks bound to workspaces."""

from db.pages import Term
from db.runs import run_steps, runs, task_bindings
from resolvers.pages import Connection
from resolvers.relations import many, one

NEWEST = (Term("created_at", descending=True),)

runs_by_id = one(runs.c.id)
all_runs = Connection("runs", runs, NEWEST)
runs_of_workspaces = Connection("workspace.runs", runs, NEWEST, match=runs.c.workspace_id)
children_of_runs = Connection("run.children", runs, (Term("created_at"),), match=runs.c.parent_id)
steps_of_runs = many(run_steps.c.record_id, Term("position"))
tasks_by_id = one(task_bindings.c.id)
tasks_of_workspaces = many(task_bindings.c.workspace_id, Term("name"))
