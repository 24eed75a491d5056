"""Agents, applied here. Source: AITasker `POST /api/v1/workspaces/agents/{agent_id}/pause`; resuming is its reverse."""

from __future__ import annotations

from sqlalchemy import select

from db.agents import agents
from db.workspaces import workspace_parts
from errors import InvalidStateError, UnsupportedError
from operations.agents import PauseAgent, ResumeAgent
from operations.operation import Outcome
from rest.local.desk import SYSTEM_NAMES, Desk, Part


async def pause_agent(desk: Desk, given: PauseAgent) -> Outcome:
    """Paused from active; what is paused stays as it is."""
    return await _moved(desk, given.id, "PAUSED", {"status": "paused", "paused_at": desk.stamp})


async def resume_agent(desk: Desk, given: ResumeAgent) -> Outcome:
    """Active from paused; what is active stays as it is."""
    return await _moved(desk, given.id, "ACTIVE", {"status": "active", "paused_at": None})


async def _moved(desk: Desk, agent_id: str, to: str, fields: dict[str, str | None]) -> Outcome:
    row = await desk.target(agents, agent_id, "AGENT")
    verb = "paused" if to == "PAUSED" else "resumed"
    if row.system != "AITASKER":
        raise UnsupportedError(f"only AITasker's hired agents can be {verb}; this one is {SYSTEM_NAMES[row.system]}'s")
    if row.status not in ("ACTIVE", "PAUSED"):
        raise InvalidStateError(
            f"an agent that is {row.status} cannot be {verb}, only one that is ACTIVE or PAUSED; "
            f"AITasker calls its state {row.source_status!r}"
        )
    if row.status != to:
        desk.amend(await desk.record(agent_id), {**fields, "updated_at": desk.stamp})
        for desk_part in await _desks(desk, agent_id):
            desk.tell(desk_part, f"agent.{verb}", f"{row.name} was {verb}", {"agentId": agent_id})
        desk.note(agent_id)
    return Outcome(agent_id=agent_id)


async def _desks(desk: Desk, agent_id: str) -> list[Part]:
    """The workspaces whose hired agent it is, whoever may see them."""
    part = workspace_parts
    theirs = select(part.c.id).where(part.c.agent_id == agent_id, part.c.is_deleted.is_(False))
    found = await desk.rows(theirs, everywhere=True)
    return list((await desk.records((row.id for row in found), everywhere=True)).values())
