"""Chat sessions, applied here. Source: VAI `POST /api/v1/workspaces/{workspace_id}/sessions`."""

from __future__ import annotations

from typing import Any

from db.agents import agents
from errors import InvalidInputError, NotFoundError
from operations.operation import Outcome
from operations.sessions import CreateSession
from rest.local.desk import Desk, Part, new_id


async def create_session(desk: Desk, given: CreateSession) -> Outcome:
    """A session without messages, with an agent where one is given."""
    place = await desk.workspace(given.workspace_id)
    part = place.part("VAI", "sessions")
    agent = None if given.agent_id is None else await _agent(desk, given.agent_id)
    external_id = new_id()
    fields: dict[str, Any] = {
        "id": external_id,
        "workspaceId": part.external_id,
        "title": given.title,
        "scope": {"kind": "workspace", "workspaceId": part.external_id, "documentId": None},
        "agentSpecId": agent and agent.external_id,
        "activeTurnId": None,
        "activeTurnStatus": None,
        "activeTurnLastEventSeq": None,
        "lastTurnStatus": None,
        "isShared": False,
        "shareRecipients": [],
        "viewerAccess": "owner",
        "createdAt": desk.stamp,
        "updatedAt": desk.stamp,
    }
    session_id = desk.say("VAI", "SESSION", external_id, fields)
    desk.tell(part, "session.created", given.title or "A session was opened", {"sessionId": session_id})
    desk.note(session_id)
    return Outcome(session_id=session_id, workspace_id=place.id)


async def _agent(desk: Desk, agent_id: str) -> Part:
    """The agent, which a session leaves in sight: it takes the access that changing it would.

    Else whoever saw it by a share alone would see it for good. Raises InvalidInputError and PermissionDeniedError.
    """
    try:
        row = await desk.target(agents, agent_id, "AGENT")
    except NotFoundError as error:
        raise InvalidInputError({"agentId": str(error)}) from None
    if row.system != "VAI" or row.status == "DELETED":
        raise InvalidInputError({"agentId": "must be an agent specification of VAI that is not deleted"})
    return await desk.record(agent_id)
