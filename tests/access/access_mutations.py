"""Mutations as a door: every one is tried by every role on workspaces of each kind, in transactions that are undone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from db.access import READ, WORKSPACE_WRITE_OWN
from db.commits import Commit
from db.database import Database
from resolvers.context import Context
from rest.local.writer import LocalWriter
from tests.access import access_rules as rules
from tests.access.access_expected import Answer
from tests.access.access_rules import ASKING, EXPIRED, WRITES_OF_OTHERS, Role
from tests.access.access_table import count
from tests.access.access_walk import Stage, Walk, told_codes
from tests.access.access_world import BY_NAME, World
from tests.conftest import Graph

SPEC = {"kind": "BAR", "x": {"column": "region"}, "y": [{"agg": "COUNT"}]}
REFUSED = ("PERMISSION_DENIED", "NOT_FOUND")
DONE = "done"  # by the permissions; whether the state allows it is another matter
# Workspaces of each kind that there is, as far as writing goes.
TRIED = (
    "own-vai", "own-all", "joined", "hidden-all", "shared-live", "shared-forever", "edited", "edited-by-one-of-two",
    "expired-editor",
)  # fmt: skip
SEEN_BY_READERS = ("own-vai", "joined", "hidden-all", "edited")  # enough for who sees them all
SEEN_NO_MORE = ("hidden-all", "expired-editor")
# Who sees all and yet writes its own alone: a role of mutations only.
OWN_WRITER = Role(
    "reader who writes its own", "`workspace:read`, `workspace:write:own` and the other writes", "owner",
    frozenset({READ, WORKSPACE_WRITE_OWN, *WRITES_OF_OTHERS}),
)  # fmt: skip
WRITERS = (*ASKING, OWN_WRITER)


class UndoneError(Exception):
    """Ends a transaction that is to leave nothing behind."""


class Rehearsed(Database):
    """The same database, whose transactions are all rolled back at their end."""

    @asynccontextmanager
    async def writing(self, commit: Commit | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction that leaves nothing behind."""
        try:
            async with super().writing(commit) as connection:
                yield connection
                raise UndoneError
        except UndoneError:
            return


class Rehearsal(Graph):
    """A graph in which mutations are done and undone; what their payloads read is as it was."""

    undone: Database

    def context(self) -> Context:
        """A request's context."""
        made = super().context()
        made.writer = LocalWriter(self.undone)
        return made


@dataclass(frozen=True)
class Target:
    """What a mutation is tried on: `kind` and the suffix of the record's mark, or a workspace; and the input."""

    given: Callable[[str], Answer]
    record: str = ""  # `chart-1`: the record of that mark in the workspace
    binding: bool = False


def _workspace(**more: Any) -> Target:
    return Target(lambda one: {"workspaceId": one, **more})


def _by_id(record: str = "", *, binding: bool = False, **more: Any) -> Target:
    return Target(lambda one: {"id": one, **more}, record, binding)


TARGETS: Mapping[str, Target] = {
    "updateWorkspace": _by_id(title="Renamed"),
    "deleteWorkspace": _by_id(),
    "archiveWorkspace": _by_id(),
    "restoreWorkspace": _by_id(),
    "linkWorkspaces": Target(lambda one: {"intoId": one, "fromId": one}),
    "unlinkWorkspace": _by_id(system="ORGO"),
    "forkWorkspace": _by_id(taskCount=0),
    "stopWorkspace": _by_id(),
    "resumeWorkspace": _by_id(),
    "setTags": _workspace(tagIds=[]),
    "createChart": _workspace(spec=SPEC),
    "updateChart": _by_id("chart-1", collapsed=True),
    "moveChart": _by_id("chart-1", position=1),
    "deleteChart": _by_id("chart-1"),
    "updateCell": _workspace(column="region", rowIdentity={"units": 1}, newValue="x"),
    "createSession": _workspace(title="New"),
    "setShare": _workspace(recipientUserIds=["stranger.vai"]),
    "revokeShare": _workspace(),
    "clearShare": _workspace(),
    "attachTask": _workspace(taskId="another"),
    "updateTaskBinding": _by_id(binding=True, mutatesWorkspace=True),
    "detachTask": _by_id(binding=True),
    "createComputer": _workspace(name="another"),
    "startComputer": _by_id("computer-1"),
    "stopComputer": _by_id("computer-1"),
    "restartComputer": _by_id("computer-1"),
    "deleteComputer": _by_id("computer-1"),
    "pauseAgent": _by_id("hired"),
    "resumeAgent": _by_id("hired"),
}
FREE = {"createWorkspace": {"title": "New"}}  # what has no target


def action_of(mutation: str) -> str:
    """The name that `viewerCan` has for a mutation."""
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in mutation).upper()


def input_of(world: World, mutation: str, home: str) -> Answer | None:
    """The input that tries a mutation on a workspace; None where the workspace holds nothing of the kind."""
    target = TARGETS[mutation]
    if mutation == "updateCell" and BY_NAME[home].table != "snapshot":  # there is no table, whoever asks
        return None
    if target.binding:
        return target.given(world.id("TASK_BINDING", "VAI", f"{home}.task")) if "VAI" in BY_NAME[home].owners else None
    if target.record:
        mark = f"{home}/{target.record}"
        return target.given(world.id_of(mark)) if mark in world.records else None
    return target.given(world.workspace_id(home))


def verdict(role: Role, world: World, mutation: str, home: str) -> str:
    """What is to become of a mutation on a workspace: done, or the code of the refusal."""
    action = action_of(mutation)
    if not rules.has_scope(role, action):
        return "PERMISSION_DENIED"
    held = rules.access(role, BY_NAME[home])
    if mutation in ("pauseAgent", "resumeAgent"):
        return _verdict_on_agent(role, world, home, held)
    if held is None:
        return "NOT_FOUND"
    return DONE if rules.may(role, action, held) else "PERMISSION_DENIED"


def _verdict_on_agent(role: Role, world: World, home: str, held: str | None) -> str:
    """The agent's owner, and who may edit one of its workspaces."""
    agent = world.records[f"{home}/hired"]
    if not rules.sees(role, world, agent):
        return "NOT_FOUND"
    is_owner = agent.owner == role.person
    return DONE if not role.is_limited or is_owner or held in (rules.OWNER, rules.EDITOR) else "PERMISSION_DENIED"


def rehearsal(stage: Stage, role: Role, undone: Database) -> Rehearsal:
    """The graph, for a role, in which what is done is undone."""
    base = stage.graph(role)
    made = Rehearsal(base.database, base.schema, base.viewer)
    made.limits, made.undone = base.limits, undone
    return made


def text_of(mutation: str, selection: str = "{ __typename }", fragment: str = "") -> str:
    """The document of a mutation, whose input is a variable."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    return f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {selection} }}\n{fragment}"


async def outcome(
    graph: Graph, mutation: str, given: Answer, selection: str = "{ __typename }", fragment: str = ""
) -> tuple[str, Any]:
    """`done` and the payload; or the code of the refusal, of another error as well."""
    result = await graph.ask(text_of(mutation, selection, fragment), input=given)
    codes = [code for _path, code in told_codes(result)]
    return (codes[0], None) if codes else (DONE, (result.data or {})[mutation])


def tried_by(role: Role) -> tuple[str, ...]:
    """The workspaces that a role tries."""
    if role == EXPIRED:
        return SEEN_NO_MORE
    return TRIED if role.is_limited else SEEN_BY_READERS


def tries(world: World, home: str) -> Iterator[tuple[str, Answer]]:
    """Every mutation that a workspace holds something for, with its input."""
    for mutation in TARGETS:
        given = input_of(world, mutation, home)
        if given is not None:
            yield mutation, given


async def through_payloads(walk: Walk, role: Role, graph: Rehearsal) -> None:
    """Every payload's records, with all their fields: of a workspace where the role may do it, or refused."""
    world, expected = walk.stage.ours, walk.expected(role)
    for on, answered in walk.table.payloads.items():
        if on not in walk.table.kinds:
            continue
        for mutation, name in answered:
            home = _home_for(role, world, mutation)
            given = FREE.get(mutation) or input_of(world, mutation, home) or {}
            selection = f"{{ {name} {{ ...F{on} }} }}"
            code, payload = await outcome(graph, mutation, given, selection, walk.table.fragment(on))
            may = _can_try(role, world, mutation, home) or (
                mutation in FREE and rules.has_scope(role, "CREATE_WORKSPACE")
            )
            if may and code == DONE and payload[name] is not None:
                known = expected.record(on, payload[name]["id"])
                walk.hold(role, "mutation", f"{mutation}.{name}", payload[name], known)
            elif not may and code not in REFUSED:
                walk.wrong.append(f"{role.name}, mutation, {mutation} on {home}: {code}")
            walk.done[mutation] = walk.done.get(mutation, False) or code == DONE
        walk.asked["mutation", role.name] += count(walk.table.spots[on])


def _home_for(role: Role, world: World, mutation: str) -> str:
    """A workspace where the role may do it, or else any that holds something for it."""
    if mutation in FREE:
        return TRIED[0]
    fit = [one for one in TRIED if input_of(world, mutation, one) is not None]
    return next((one for one in fit if _can_try(role, world, mutation, one)), fit[0])


def _can_try(role: Role, world: World, mutation: str, home: str) -> bool:
    if mutation in FREE or input_of(world, mutation, home) is None or BY_NAME[home].is_deleted:
        return False
    return verdict(role, world, mutation, home) == DONE
