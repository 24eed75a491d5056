"""Orgo: workspaces of computers, in both generations of the API and as its SDK calls it. Paths under /api."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from db.computers import computers
from db.users import users
from db.workspaces import orgo_workspaces, workspace_parts
from rest.dialect import Dialect, Endpoint, Facts, Params, Patch, RecordKind, Row, some, whole
from rest.merge import DELETED
from rest.models import orgo as models
from rest.vai_rows import activity_rows
from rest.words import COMPUTER, WORKSPACE


def workspace_rows(facts: Facts) -> Iterable[Row]:
    """The part and its facet."""
    workspace_id = facts.workspace_of(facts.id)
    times = {name: facts.moment(name) for name in ("created_at", "updated_at")}
    yield (
        workspace_parts,
        facts.record(
            workspace_id=workspace_id,
            is_deleted=False,
            name=facts.get("name"),
            status=facts.word(WORKSPACE["ORGO"], facts.get("status")),
            is_archived=False,
            owner_id=facts.ref("USER", facts.get("user_id")),
            **times,
        ),
    )
    fields = {name: facts.get(name) for name in ("name", "status", "user_id", "icon_url")}
    count = whole(facts.get("computer_count"))
    yield orgo_workspaces, facts.record(workspace_id=workspace_id, computer_count=count, **fields, **times)


def computer_rows(facts: Facts) -> Iterable[Row]:
    """A computer of either generation; `desktop` is the newer word for it."""
    plain = ("os", "gpu", "url", "project_name", "hostname", "connection_url", "auto_suspend_after")
    numbers = ("ram", "cpu", "disk_size_gb", "auto_stop_minutes")
    yield (
        computers,
        facts.record(
            workspace_id=facts.workspace_of(facts.part_id),
            part_id=facts.part_id,
            name=facts.get("name") or facts.external_id,
            status=facts.word(COMPUTER, facts.get("status")),
            source_status=facts.get("status"),
            instance_id=facts.get("instance_id") or facts.get("fly_instance_id"),
            resolution=facts.get("resolution") or some(facts.get("instance_details")).get("resolution"),
            auto_stop_configurable=facts.get("auto_stop_configurable"),
            created_at=facts.moment("created_at"),
            **{name: facts.get(name) for name in plain},
            **{name: whole(facts.get(name)) for name in numbers},
        ),
    )


def user_rows(facts: Facts) -> Iterable[Row]:
    """A person of whom Orgo gives only the id."""
    yield users, facts.record()


def _deleted(kind: str) -> Any:
    return lambda params, _body: (Patch(kind, params["id"], {DELETED: True}),)


def _acted(params: Params, body: Any) -> Iterable[Patch]:
    """Start, stop and restart answer the state that the computer goes into."""
    status = some(body).get("status")
    if status is not None and some(body).get("success") is not False:
        yield Patch("COMPUTER", params["id"], {"status": status})


def _moved(params: Params, body: Any) -> Iterable[Patch]:
    """A move answers the id of the workspace that the computer stands in from now on."""
    target = some(body).get("project_id")
    if target and some(body).get("success") is not False:
        yield Patch("COMPUTER", params["id"], {"workspace_id": target, "$workspace": target})


def _auto_stop(params: Params, body: Any) -> Iterable[Patch]:
    names = {
        "auto_stop_minutes": "auto_stop_minutes",
        "auto_suspend_after": "auto_suspend_after",
        "configurable": "auto_stop_configurable",
    }
    fields = {ours: body[theirs] for theirs, ours in names.items() if theirs in some(body)}
    if fields:
        yield Patch("COMPUTER", params["id"], fields)


def _calls_without_records() -> Iterable[Endpoint]:
    """Calls whose answers hold no record: input to a screen, streams, template builds, and the VNC password."""
    acts = ("click", "drag", "type", "key", "scroll", "wait", "bash", "exec", "stream/start", "stream/stop")
    yield from (Endpoint("POST", f"/computers/{{id}}/{act}") for act in acts)
    yield from (Endpoint("GET", f"/computers/{{id}}/{what}") for what in ("screenshot", "stream/status"))
    yield Endpoint("GET", "/computers/{id}/vnc-password")
    yield from (Endpoint("POST", f"/builds/{act}") for act in ("create", "update"))
    yield Endpoint("GET", "/builds/latest")


DIALECT = Dialect(
    system="ORGO",
    base="/api",
    hosts=("orgo",),
    kinds={
        "WORKSPACE": RecordKind(workspace_rows, references={"user_id": "USER"}),
        "COMPUTER": RecordKind(computer_rows, parts=("workspace_id", "$workspace")),
        "ACTIVITY": RecordKind(activity_rows),  # of ours: the system has none
        "USER": RecordKind(user_rows),
    },
    endpoints=(
        Endpoint("GET", "/workspaces/{id}", models.Workspace),
        Endpoint("GET", "/workspaces", models.Workspaces),
        Endpoint("POST", "/workspaces", models.Workspace, models.CreateWorkspaceRequest),
        Endpoint("DELETE", "/workspaces/{id}", Any, patches=_deleted("WORKSPACE")),
        Endpoint("POST", "/projects", models.Workspace),
        Endpoint("GET", "/projects", models.Projects),
        Endpoint("GET", "/projects/{id}", models.Workspace),
        Endpoint("DELETE", "/projects/{id}", Any, patches=_deleted("WORKSPACE")),
        Endpoint("POST", "/computers", models.Computer, models.CreateComputerRequest),
        Endpoint("GET", "/computers/{id}", models.Computer),
        Endpoint("DELETE", "/computers/{id}", Any, patches=_deleted("COMPUTER")),
        Endpoint("POST", "/computers/{id}/start", models.ActionAnswer, patches=_acted),
        Endpoint("POST", "/computers/{id}/stop", models.ActionAnswer, patches=_acted),
        Endpoint("POST", "/computers/{id}/restart", models.ActionAnswer, patches=_acted),
        Endpoint("POST", "/computers/{id}/clone", models.Computer),
        Endpoint("PATCH", "/computers/{id}/move", models.MoveAnswer, models.MoveComputerRequest, patches=_moved),
        Endpoint("GET", "/computers/{id}/auto-stop", models.AutoStop, patches=_auto_stop),
        Endpoint("PATCH", "/computers/{id}/auto-stop", models.AutoStop, models.SetAutoStopRequest, patches=_auto_stop),
        *_calls_without_records(),
    ),
)
