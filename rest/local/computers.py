"""Computers, applied here. What takes a computer a while is over at once, as there is none that could be waited for.

Source: Orgo `POST /computers`, `DELETE /computers/{id}`, `POST /computers/{id}/start`, `/stop`, `/restart`.
"""

from __future__ import annotations

from sqlalchemy import select

from db.computers import computers
from errors import InvalidInputError, InvalidStateError
from operations.computers import (
    CPUS,
    RAM_GB,
    CreateComputer,
    DeleteComputer,
    RestartComputer,
    StartComputer,
    StopComputer,
)
from operations.operation import Outcome
from rest.local.desk import Desk, Part, new_id
from rest.merge import DELETED

# From which states a computer goes into another one; in that other one it stays as it is.
STARTS = ("STOPPED", "SUSPENDED")
STOPS = ("RUNNING", "SUSPENDED", "ERROR")


async def create_computer(desk: Desk, given: CreateComputer) -> Outcome:
    """A running computer in the workspace's Orgo part."""
    place = await desk.workspace(given.workspace_id)
    folder = place.part("ORGO", "computers")
    problems = {}
    if given.ram not in RAM_GB:
        problems["ram"] = f"must be one of {', '.join(map(str, RAM_GB))}"
    if given.cpu not in CPUS:
        problems["cpu"] = f"must be one of {', '.join(map(str, CPUS))}"
    same = select(computers.c.id).where(computers.c.workspace_id == place.id, computers.c.name == given.name)
    if await desk.rows(same):
        problems["name"] = "there is a computer of this name in the workspace"
    if problems:
        raise InvalidInputError(problems)
    external_id = new_id()
    fields = given.model_dump(include={"name", "os", "ram", "cpu", "disk_size_gb", "resolution", "auto_stop_minutes"})
    gpu = None if given.gpu == "none" else given.gpu
    own = {"id": external_id, "workspace_id": folder.external_id, "status": "running", "created_at": desk.stamp}
    computer_id = desk.say(
        "ORGO", "COMPUTER", external_id, {**fields, **own, "gpu": gpu, "$workspace": folder.external_id}
    )
    desk.tell(folder, "computer.created", f"The computer {given.name} was made", {"computerId": computer_id})
    desk.note(computer_id)
    return Outcome(computer_id=computer_id, workspace_id=place.id)


async def start_computer(desk: Desk, given: StartComputer) -> Outcome:
    """Running from stopped or suspended."""
    return await _moved(desk, given.id, STARTS, "running", ("RUNNING", "STARTING", "RESTARTING"), "started")


async def stop_computer(desk: Desk, given: StopComputer) -> Outcome:
    """Stopped from running, suspended or error."""
    return await _moved(desk, given.id, STOPS, "stopped", ("STOPPED", "STOPPING"), "stopped")


async def restart_computer(desk: Desk, given: RestartComputer) -> Outcome:
    """Running from running."""
    return await _moved(desk, given.id, ("RUNNING",), "running", ("RESTARTING",), "restarted")


async def _moved(
    desk: Desk, computer_id: str, starts: tuple[str, ...], to: str, stays: tuple[str, ...], verb: str
) -> Outcome:
    row = await desk.target(computers, computer_id, "COMPUTER")
    if row.status in starts:
        record = await desk.record(computer_id)
        desk.amend(record, {"status": to})
        await _tell(desk, record, f"computer.{verb}", f"The computer {row.name} was {verb}")
        desk.note(computer_id)
    elif row.status not in stays:
        fit = " or ".join(starts)
        raise InvalidStateError(f"a computer can be {verb} when it is {fit}, and this one is {row.status}")
    return Outcome(computer_id=computer_id, workspace_id=row.workspace_id)


async def delete_computer(desk: Desk, given: DeleteComputer) -> Outcome:
    """Gone, with its disk."""
    row = await desk.target(computers, given.id, "COMPUTER")
    record = await desk.record(given.id)
    desk.amend(record, {DELETED: True})
    await _tell(desk, record, "computer.deleted", f"The computer {row.name} was deleted")
    desk.note(given.id)
    return Outcome(deleted_id=given.id, workspace_id=row.workspace_id)


async def _tell(desk: Desk, computer: Part, kind: str, title: str) -> None:
    """In the activity of the folder it stands in; the newer generation may not tell which that is."""
    if computer.part_id:
        for folder in (await desk.records([computer.part_id])).values():
            desk.tell(folder, kind, title, {"computerId": computer.id})
