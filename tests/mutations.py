"""Mutations as tests send them: who does it, what comes of it, what was refused and why; and one of each kind to try.

`World` holds one workspace that stands in all four systems, and three that stand in one system alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from db.access import READ, WRITES, Viewer
from db.database import Database
from db.ids import id_of
from errors import GatewayError
from schema.build import GraphSchema
from tests.conftest import ORGANIZATION_ID, Graph, Importer, exchange, fleet

ALL_SCOPES = frozenset((READ, *WRITES))
SPEC = {"kind": "BAR", "x": {"column": "region"}, "y": [{"agg": "COUNT"}]}
Input = dict[str, Any]


def of(kind: str, system: str, external_id: str, organization_id: str = ORGANIZATION_ID) -> str:
    return id_of(kind, organization_id, system, external_id)


def person(name: str, *, organization_id: str = ORGANIZATION_ID, scopes: frozenset[str] = ALL_SCOPES) -> Viewer:
    """An account that may do everything, and is the user of its name in VAI and in Evershell."""
    user_ids = tuple(of("USER", system, name, organization_id) for system in ("VAI", "EVERSHELL"))
    return Viewer(organization_id, f"N-{name}", f"{name}@example.org", scopes, user_ids)


@dataclass(frozen=True)
class Refusal:
    """Why something was not done."""

    code: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        """The places of the input that are named."""
        return [one["path"] for one in self.details.get("fields", ())]


class Hand(Graph):
    """Somebody who changes the graph."""

    def of(self, viewer: Viewer) -> Hand:
        """Somebody else over the same database."""
        other = Hand(self.database, self.schema, viewer)
        other.tables = self.tables
        return other

    def without(self, *scopes: str) -> Hand:
        """The same person with a token that lacks these scopes."""
        return self.of(replace(self.viewer, scopes=self.viewer.scopes - set(scopes)))

    async def result(self, mutation: str, selection: str, given: Input) -> Any:
        """The payload or the refusal of a mutation, such as `pauseAgent`."""
        text = (
            f"mutation($input: {mutation[0].upper()}{mutation[1:]}Input!) {{ {mutation}(input: $input) {selection} }}"
        )
        result = await self.ask(text, input=given)
        if not result.errors:
            assert result.data is not None
            return result.data[mutation]
        (error,) = result.errors
        assert result.data is None
        assert isinstance(error.original_error, GatewayError), error.original_error or error
        return Refusal(error.original_error.code, str(error.original_error), error.original_error.details)

    async def do(self, mutation: str, selection: str = "{ __typename }", **given: Any) -> Any:
        """The payload of a mutation that must not be refused."""
        payload = await self.result(mutation, selection, given)
        assert not isinstance(payload, Refusal), payload
        return payload

    async def refused(self, mutation: str, **given: Any) -> Refusal:
        """Why a mutation was refused, which it must be."""
        refusal = await self.result(mutation, "{ __typename }", given)
        assert isinstance(refusal, Refusal), refusal
        return refusal


class World:
    """Ids of records in an organisation's database."""

    def __init__(self, organization_id: str = ORGANIZATION_ID) -> None:
        self.organization_id = organization_id
        self.parts = {
            system: self.id("WORKSPACE", system, f"{system[0].lower()}-00000")
            for system in ("AITASKER", "ORGO", "VAI", "EVERSHELL")
        }
        self.workspace = self.parts["VAI"]  # by which the joined one goes
        self.folder = self.id("WORKSPACE", "ORGO", "o-alone")
        self.pod = self.id("WORKSPACE", "EVERSHELL", "e-alone")
        self.table = self.id("WORKSPACE", "VAI", "v-alone")
        self.agent = self.id("AGENT", "AITASKER", "agent-00000")
        self.spec = self.id("AGENT", "VAI", "spec-00000")
        self.role = self.id("AGENT", "EVERSHELL", "role-00000")
        self.cancelled_agent = self.id("AGENT", "AITASKER", "agent-gone")
        self.charts = [self.id("CHART", "VAI", f"h-00000-{number}") for number in (0, 1)]
        self.computers = [self.id("COMPUTER", "ORGO", f"c-00000-{number}") for number in (0, 1)]
        self.bindings = [self.id("TASK_BINDING", "VAI", f"b-00000-{number}") for number in (0, 1)]
        self.tags = [self.id("TAG", "VAI", f"tag-{number}") for number in (0, 1)]
        self.person = self.id("USER", "VAI", "person-00000")

    def id(self, kind: str, system: str, external_id: str) -> str:
        return of(kind, system, external_id, self.organization_id)


def lines() -> Iterator[dict[str, Any]]:
    """What the systems said, in 2026: the workspace of all four, and the three that stand alone."""
    yield from fleet(1, each=2)
    yield exchange("vai", "GET /api/v1/workspaces/v-alone", {"workspace": {"id": "v-alone", "title": "Table"}})
    computers = [{"id": "c-alone", "name": "alone", "status": "suspended"}]
    yield exchange("orgo", "GET /workspaces/o-alone", {"id": "o-alone", "name": "Folder", "computers": computers})
    pod = {"id": "e-alone", "org_id": "org", "role_id": "role-00000", "status": "stopped", "snapshot_ref": "snap_1"}
    yield exchange("evershell", "GET /workspaces/e-alone", pod)
    tasks = [{"id": f"task-{word}", "workspace_id": "e-alone", "status": word} for word in ("completed", "running")]
    yield exchange("evershell", "GET /workspaces/e-alone/tasks", tasks)
    gone = {"id": "agent-gone", "display_name": "Gone", "status": "cancelled", "user_id": "owner"}
    yield exchange("aitasker", "POST /api/v1/workspaces/agents/agent-gone/pause", gone)


async def hand_over(database: Database, schema: GraphSchema, importer: Importer) -> Hand:
    """Somebody who may change everything, in a database that holds the world."""
    entries = await importer.lines(*lines())
    assert [entry for entry in entries if entry.outcome == "refused"] == []
    return Hand(database, schema, person("writer"))


@dataclass(frozen=True)
class Case:
    """One mutation that does something: its input, and what must be done before so that it does."""

    mutation: str
    given: Input
    before: tuple[tuple[str, Input], ...] = ()
    record: str | None = None  # what the audit names; None for what is only being made


def cases(world: World) -> list[Case]:
    """One of each mutation, each of which can be done whatever of the others was done before."""
    w, chart, computer, binding = world.workspace, world.charts[0], world.computers[0], world.bindings[0]
    stopped = (("stopWorkspace", {"id": world.pod}),)
    return [
        Case("pauseAgent", {"id": world.agent}, (("resumeAgent", {"id": world.agent}),), world.agent),
        Case("resumeAgent", {"id": world.agent}, (("pauseAgent", {"id": world.agent}),), world.agent),
        Case("createWorkspace", {"title": "New"}),
        Case("updateWorkspace", {"id": w, "title": "Renamed"}, (), w),
        Case("archiveWorkspace", {"id": world.pod}, (*stopped, ("restoreWorkspace", {"id": world.pod})), world.pod),
        Case("restoreWorkspace", {"id": world.pod}, (*stopped, ("archiveWorkspace", {"id": world.pod})), world.pod),
        Case("resumeWorkspace", {"id": world.pod}, (("restoreWorkspace", {"id": world.pod}), *stopped), world.pod),
        Case("stopWorkspace", {"id": world.pod}, (("resumeWorkspace", {"id": world.pod}),), world.pod),
        Case("forkWorkspace", {"id": world.pod, "taskCount": 1}, stopped),
        Case("createChart", {"workspaceId": w, "spec": SPEC, "title": "Made"}),
        Case("updateChart", {"id": chart, "collapsed": True}, (), chart),
        Case("moveChart", {"id": chart, "position": 1}, (("moveChart", {"id": chart, "position": 0}),), chart),
        Case("deleteChart", {"id": chart}, (), chart),
        Case("createSession", {"workspaceId": w, "title": "Talk", "agentId": world.spec}),
        Case("setShare", {"workspaceId": w, "recipientUserIds": [world.person]}, (), w),
        Case("revokeShare", {"workspaceId": w}, (("setShare", {"workspaceId": w, "recipientUserIds": [world.person]}),), w),
        Case("clearShare", {"workspaceId": w}, (), w),
        Case("setTags", {"workspaceId": w, "tagIds": world.tags[:1]}, (), w),
        Case("attachTask", {"workspaceId": w, "taskId": "t-new"}, (), w),
        Case("updateTaskBinding", {"id": binding, "mutatesWorkspace": True}, (), w),
        Case("detachTask", {"id": binding}, (), w),
        Case("createComputer", {"workspaceId": w, "name": "new"}),
        Case("stopComputer", {"id": computer}, (("startComputer", {"id": computer}),), computer),
        Case("startComputer", {"id": computer}, (("stopComputer", {"id": computer}),), computer),
        Case("restartComputer", {"id": computer}, (("startComputer", {"id": computer}),), computer),
        Case("deleteComputer", {"id": computer}, (), computer),
        Case("linkWorkspaces", {"intoId": world.table, "fromId": world.folder}, (), world.table),
        Case("unlinkWorkspace", {"id": world.table, "system": "ORGO"}, (("linkWorkspaces", {"intoId": world.table, "fromId": world.folder}),), world.table),
        Case("deleteWorkspace", {"id": w}, (), w),
    ]  # fmt: skip
