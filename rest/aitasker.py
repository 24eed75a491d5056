"""AITasker: hired agents and their workspaces. Source: pages 000 and 002 of the seeds; paths under /api/v1."""

from __future__ import annotations

from collections.abc import Iterable

from db.agents import agents
from db.costs import exact_cost
from db.runs import runs
from db.users import users
from db.workspaces import aitasker_workspaces, integrations, workspace_parts
from rest.dialect import Dialect, Endpoint, Facts, RecordKind, Row, some
from rest.models import aitasker as models
from rest.vai_rows import activity_rows
from rest.words import AGENT, RUN, WORKSPACE


def workspace_rows(facts: Facts) -> Iterable[Row]:
    """The part, its facet and its integrations."""
    workspace_id = facts.workspace_of(facts.id)
    times = {name: facts.moment(name) for name in ("created_at", "updated_at", "last_active_at")}
    yield (
        workspace_parts,
        facts.record(
            workspace_id=workspace_id,
            is_deleted=False,
            name=facts.get("name"),
            status=facts.word(WORKSPACE["AITASKER"], facts.get("status")),
            is_archived=False,
            owner_id=facts.ref("USER", facts.get("user_id")),
            agent_id=facts.ref("AGENT", facts.get("hired_agent_id")),
            **times,
        ),
    )
    fields = {name: facts.get(name) for name in ("name", "status", "user_id", "settings", "metrics_cache")}
    hired_agent_id = facts.ref("AGENT", facts.get("hired_agent_id"))
    yield (
        aitasker_workspaces,
        facts.record(workspace_id=workspace_id, hired_agent_id=hired_agent_id, **fields, **times),
    )
    for position, item in enumerate(facts.get("integration_credentials") or ()):
        yield integrations, facts.owned(id=str(position), workspace_id=workspace_id, **_integration(position, item))


def _integration(position: int, item: dict[str, object]) -> dict[str, object]:
    """No page shows the fields of an item: the provider is looked for under the names that such lists use."""
    name = next((item[key] for key in ("provider", "integration", "service", "name", "type") if key in item), None)
    status = item.get("status")
    return {
        "position": position,
        "provider": name if isinstance(name, str) else None,
        "status": status if isinstance(status, str) else None,
        "detail": item,
    }


def agent_rows(facts: Facts) -> Iterable[Row]:
    """A hired agent."""
    plain = ("agent_type", "tier", "persona_name", "display_name", "config", "team_id", "team_type")
    times = ("hired_at", "paused_at", "cancelled_at", "created_at", "updated_at")
    name = facts.get("display_name") or facts.get("persona_name") or facts.get("agent_type") or facts.external_id
    yield (
        agents,
        facts.record(
            name=name,
            status=facts.word(AGENT["AITASKER"], facts.get("status")),
            source_status=facts.get("status"),
            stripe_subscription_id=facts.get("stripe_subscription_id"),
            owner_id=facts.ref("USER", facts.get("user_id")),
            **{field: facts.get(field) for field in plain},
            **{field: facts.moment(field) for field in times},
        ),
    )


def task_rows(facts: Facts) -> Iterable[Row]:
    """A workspace task: one execution."""
    plain = (
        "title", "description", "skill_slug", "schedule_type", "trigger", "priority", "proposed_actions",
        "approval_level", "approved_by", "cost_usd",
    )  # fmt: skip
    yield (
        runs,
        facts.record(
            workspace_id=facts.workspace_of(facts.part_id),
            part_id=facts.part_id,
            agent_id=facts.ref("AGENT", facts.get("hired_agent_id")),
            status=facts.word(RUN["AITASKER"], facts.get("status")),
            source_status=facts.get("status"),
            depth=0,
            result=facts.get("output_data"),
            cost=exact_cost(facts.get("cost_usd")),
            **{field: facts.get(field) for field in plain},
            **{field: facts.moment(field) for field in ("approved_at", "created_at", "started_at", "completed_at")},
        ),
    )


def user_rows(facts: Facts) -> Iterable[Row]:
    """A person of whom AITasker gives only the id."""
    yield users, facts.record(**{name: some(facts.document).get(name) for name in ("email",)})


DIALECT = Dialect(
    system="AITASKER",
    base="",
    hosts=("aitasker",),
    kinds={
        "WORKSPACE": RecordKind(
            workspace_rows, owns=(integrations,), references={"user_id": "USER", "hired_agent_id": "AGENT"}
        ),
        "AGENT": RecordKind(agent_rows, references={"user_id": "USER"}),
        "RUN": RecordKind(task_rows, references={"hired_agent_id": "AGENT"}, parts=("workspace_id", "$workspace")),
        "ACTIVITY": RecordKind(activity_rows),  # of ours: the system has none
        "USER": RecordKind(user_rows),
    },
    endpoints=(
        Endpoint("GET", "/api/v1/workspaces/{workspace_id}", models.Workspace),
        Endpoint("POST", "/api/v1/workspaces/agents/{agent_id}/pause", models.HiredAgent),
        Endpoint("GET", "/api/v1/workspaces/{workspace_id}/tasks", models.WorkspaceTasks),
        Endpoint("POST", "/api/v1/tasks"),  # a marketplace task, which the graph does not have
    ),
)
