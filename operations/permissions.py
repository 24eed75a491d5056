"""Who may do what: the rules that the writer checks, and that `Workspace.viewerCan` tells beforehand.

An operation takes a scope, and access to the record. Scopes without `:own` reach all that the organisation holds; with
own reach, one has to be to a workspace what the operation `needs`, or more. Source: Evershell, permissions
(`<resource>:<verb>[:own]`); VAI `viewerAccess`.
"""

from __future__ import annotations

from db.access import READ, READ_OWN, WORKSPACE_WRITE, WORKSPACE_WRITE_OWN, Viewer
from db.own import EDITOR, OWNER, VIEWER
from operations import cells, charts, computers, sessions, shares, tasks, workspaces
from operations.operation import Operation

OWN_FORMS = {READ: READ_OWN, WORKSPACE_WRITE: WORKSPACE_WRITE_OWN}
ACCESSES = (VIEWER, EDITOR, OWNER)  # each includes those in front of it


def action_name(operation: type[Operation]) -> str:
    """The name of an operation as an action: `UpdateChart` is UPDATE_CHART."""
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in operation.__name__).lstrip("_").upper()


# What is done with a workspace or with what stands in it.
_ON_WORKSPACES: tuple[type[Operation], ...] = (
    workspaces.UpdateWorkspace,
    workspaces.DeleteWorkspace,
    workspaces.ArchiveWorkspace,
    workspaces.RestoreWorkspace,
    workspaces.LinkWorkspaces,
    workspaces.UnlinkWorkspace,
    workspaces.ForkWorkspace,
    workspaces.StopWorkspace,
    workspaces.ResumeWorkspace,
    workspaces.SetTags,
    charts.CreateChart,
    charts.UpdateChart,
    charts.MoveChart,
    charts.DeleteChart,
    cells.UpdateCell,
    sessions.CreateSession,
    shares.SetShare,
    shares.RevokeShare,
    shares.ClearShare,
    tasks.AttachTask,
    tasks.UpdateTaskBinding,
    tasks.DetachTask,
    computers.CreateComputer,
    computers.StartComputer,
    computers.StopComputer,
    computers.RestartComputer,
    computers.DeleteComputer,
)
WORKSPACE_ACTIONS = {action_name(operation): operation for operation in _ON_WORKSPACES}


def scopes_for(operation: type[Operation]) -> tuple[tuple[str, ...], ...]:
    """What a token needs for it: of each tuple one scope."""
    return tuple((scope, OWN_FORMS[scope]) if scope in OWN_FORMS else (scope,) for scope in (READ, operation.scope))


def missing_scope(operation: type[Operation], viewer: Viewer) -> str | None:
    """A scope that the viewer's token lacks for it; None where it lacks none."""
    return next((one[0] for one in scopes_for(operation) if viewer.scopes.isdisjoint(one)), None)


def access_needed(operation: type[Operation], viewer: Viewer) -> str | None:
    """What the viewer has to be to the record; None where it is enough to see it."""
    if operation.needs == VIEWER or viewer.scopes.issuperset((READ, operation.scope)):
        return None
    return operation.needs


def is_allowed(operation: type[Operation], viewer: Viewer, access: str) -> bool:
    """Whether a viewer that is `access` to a workspace it sees may do that with it."""
    if missing_scope(operation, viewer) is not None:
        return False
    needed = access_needed(operation, viewer)
    return needed is None or (access in ACCESSES and ACCESSES.index(access) >= ACCESSES.index(needed))
