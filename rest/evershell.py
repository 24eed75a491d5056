"""Evershell: one pod per workspace, with snapshots and forks; roles; tasks. Paths under /v1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from db.agents import agents
from db.runs import runs
from db.users import users
from db.workspaces import evershell_workspaces, workspace_parts
from rest.dialect import Dialect, Endpoint, Facts, Params, Patch, RecordKind, Row, some, whole
from rest.models import evershell as models
from rest.vai_rows import activity_rows
from rest.words import AGENT, RUN, WORKSPACE


def workspace_rows(facts: Facts) -> Iterable[Row]:
    """The part and its facet. A pod has no name, so one is made of its environment and id."""
    workspace_id = facts.workspace_of(facts.id)
    environment = facts.get("environment")
    times = {name: facts.moment(name) for name in ("created_at", "updated_at", "archived_at")}
    yield (
        workspace_parts,
        facts.record(
            workspace_id=workspace_id,
            is_deleted=False,
            name=f"{environment}/{facts.external_id}" if environment else None,
            status=facts.word(WORKSPACE["EVERSHELL"], facts.get("status")),
            is_archived=times["archived_at"] is not None,
            owner_id=facts.ref("USER", facts.get("created_by_user_id")),
            agent_id=facts.ref("AGENT", facts.get("role_id")),
            parent_part_id=facts.ref("WORKSPACE", facts.get("parent_workspace_id")),
            **times,
        ),
    )
    plain = (
        "org_id", "environment", "status", "created_by_user_id", "snapshot_ref", "last_snapshot_error",
        "parent_workspace_id", "fork_source_snapshot_ref", "pack_status",
    )  # fmt: skip
    yield (
        evershell_workspaces,
        facts.record(
            workspace_id=workspace_id,
            role_id=facts.ref("AGENT", facts.get("role_id")),
            fork_point_task_count=whole(facts.get("fork_point_task_count")),
            **{name: facts.get(name) for name in plain},
            **times,
        ),
    )


ROLE_SETTINGS = (
    "capabilities", "environment_description", "task_timeout_seconds", "idle_timeout_seconds", "thinking_effort",
    "max_continuations", "max_context_tokens", "pool_policy", "pool_size", "pool_max_size", "pack_ids",
)  # fmt: skip


def role_rows(facts: Facts) -> Iterable[Row]:
    """A role: the configuration of an agent. It has no status; archived is a moment."""
    archived_at = facts.moment("archived_at")
    settings = {name: facts.get(name) for name in ROLE_SETTINGS if name in facts.document}
    plain = ("display_name", "description", "provider_id", "model", "environment")
    yield (
        agents,
        facts.record(
            name=facts.get("display_name") or facts.get("name") or facts.external_id,
            slug=facts.get("name"),
            status="ARCHIVED" if archived_at else facts.word(AGENT["EVERSHELL"], None),
            config=settings or None,
            archived_at=archived_at,
            created_at=facts.moment("created_at"),
            updated_at=facts.moment("updated_at"),
            **{name: facts.get(name) for name in plain},
        ),
    )


def task_rows(facts: Facts) -> Iterable[Row]:
    """A task: one prompt run in a pod. It has no title; `reason` says why it failed."""
    yield (
        runs,
        facts.record(
            workspace_id=facts.workspace_of(facts.part_id),
            part_id=facts.part_id,
            status=facts.word(RUN["EVERSHELL"], facts.get("status")),
            source_status=facts.get("status"),
            description=facts.get("description"),
            error=facts.get("reason"),
            depth=0,
            duration_seconds=facts.get("duration_seconds"),
            created_at=facts.moment("created_at"),
            completed_at=facts.moment("completed_at"),
        ),
    )


def user_rows(facts: Facts) -> Iterable[Row]:
    """A person of whom Evershell gives only the id."""
    yield users, facts.record()


def no_rows(_facts: Facts) -> Iterable[Row]:
    """A record that is kept as a document only."""
    return ()


def _accepted(params: Params, body: Any) -> Iterable[Patch]:
    """A submitted task answers the workspace it was queued on."""
    workspace_id = some(body).get("workspace_id") or params.get("id")
    if some(body).get("task_id") and workspace_id:
        yield Patch("RUN", body["task_id"], {"workspace_id": workspace_id})


DIALECT = Dialect(
    system="EVERSHELL",
    base="/v1",
    hosts=("evershell",),
    kinds={
        "WORKSPACE": RecordKind(
            workspace_rows,
            references={"created_by_user_id": "USER", "role_id": "AGENT", "parent_workspace_id": "WORKSPACE"},
        ),
        "AGENT": RecordKind(role_rows),
        "RUN": RecordKind(task_rows, parts=("workspace_id", "$workspace")),
        "PROVIDER": RecordKind(no_rows),
        "ACTIVITY": RecordKind(activity_rows),  # of ours: the system has none
        "USER": RecordKind(user_rows),
    },
    endpoints=(
        Endpoint("GET", "/workspaces/{id}", models.Workspace),
        Endpoint("GET", "/workspaces", models.Workspaces),
        Endpoint("POST", "/workspaces", models.Workspace, models.CreateWorkspaceRequest),
        Endpoint("GET", "/workspaces/{id}/tasks", models.Tasks),
        Endpoint("GET", "/workspaces/{id}/tasks/{tid}", models.Task),
        Endpoint("POST", "/workspaces/{id}/tasks", models.TaskAccepted, patches=_accepted),
        Endpoint("POST", "/tasks", models.TaskAccepted, patches=_accepted),
        Endpoint("GET", "/agent-roles", models.Roles),
        Endpoint("GET", "/agent-roles/{id}", models.Role),
        Endpoint("POST", "/agent-roles", models.Role),
        Endpoint("PATCH", "/agent-roles/{id}", models.Role),
        Endpoint("GET", "/providers", models.Providers),
        # Answers that say only that something was begun; the state is read from the workspace.
        *(Endpoint("POST", f"/workspaces/{{id}}/{act}") for act in ("fork", "resume", "restart", "archive", "stop")),
        Endpoint("POST", "/workspaces/stop-all"),
        Endpoint("POST", "/workspaces/{id}/task/cancel"),
        *(Endpoint("POST", f"/agent-roles/{{id}}/{act}") for act in ("stop-workspaces", "archive", "unarchive")),
        Endpoint("GET", "/workspaces/{id}/session"),
        Endpoint("GET", "/audit"),
    ),
)
