"""VAI: how its records become rows. Names are VAI's own in snake case unless the graph has another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from db.activity import activity_items
from db.agents import agents
from db.charts import charts
from db.costs import exact_cost
from db.runs import run_steps, runs, task_bindings
from db.sessions import messages, sessions
from db.tags import tags, workspace_tags
from db.users import recipients, shares, users
from db.workspaces import vai_workspaces, workspace_parts
from rest.dialect import Facts, Row, moment_of, some, whole
from rest.words import AGENT, CHART_KIND, RUN, WORKSPACE, unified

# Fields of ours on a workspace's document: moments of calls that answer nothing.
REVOKED = "$shareRevoked"
CLEARED = "$shareCleared"
UNBOUND = "$unbound:"  # and the id of the binding


@cache
def camel(name: str) -> str:
    """`created_at` as VAI spells it: `createdAt`."""
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def plain(facts: Facts, *names: str) -> dict[str, Any]:
    """Fields as they are, by their column names."""
    return {name: facts.get(camel(name)) for name in names}


def moments(facts: Facts, *names: str) -> dict[str, Any]:
    """Fields that hold moments."""
    return {name: facts.moment(camel(name)) for name in names}


def workspace_rows(facts: Facts) -> Iterable[Row]:
    """The part, its facet, and what hangs on it as a whole: bound tasks, tags, the share, who it is shared with."""
    workspace_id = facts.workspace_of(facts.id)
    times = moments(facts, "created_at", "updated_at")
    yield (
        workspace_parts,
        facts.record(
            workspace_id=workspace_id,
            is_deleted=False,
            name=facts.get("title"),
            description=facts.get("description"),
            status=facts.word(WORKSPACE["VAI"], facts.get("status")),
            is_archived=facts.get("status") == "archived",
            owner_id=facts.ref("USER", facts.get("ownerUserId")),
            **times,
        ),
    )
    names = (
        "title", "description", "status", "mode", "owner_user_id", "storage_key", "seed_artifact_version_id",
        "row_id_column", "backing_owner_task_slug", "backing_row_identity_columns", "backing_source_type",
        "backing_table_name", "backing_table_scope", "backing_workspace_key", "renderer_config", "viewer_access",
    )  # fmt: skip
    yield (
        vai_workspaces,
        facts.record(
            workspace_id=workspace_id,
            is_shared=bool(facts.get("isShared")),
            shared_by_id=facts.ref("USER", some(facts.get("sharedBy")).get("id")),
            warnings=facts.get("$warnings"),
            **plain(facts, *names),
            **times,
        ),
    )
    yield from _binding_rows(facts, workspace_id)
    for position, tag in enumerate(facts.get("$tags") or ()):
        tag_id = facts.ref("TAG", tag)
        row = facts.owned(id=tag_id, tag_id=tag_id, workspace_id=workspace_id, position=position)
        yield workspace_tags, row
    yield from _recipient_rows(facts, "WORKSPACE", facts.get("shareRecipients"), workspace_id)
    yield from _share_rows(facts, workspace_id)


def _binding_rows(facts: Facts, workspace_id: str | None) -> Iterable[Row]:
    bound_at = facts.merged.time_of("$boundTasks")
    for item in facts.get("$boundTasks") or ():
        unbound = UNBOUND + item["bindingId"]
        if unbound in facts.document and facts.merged.time_of(unbound) >= bound_at:
            continue
        yield (
            task_bindings,
            facts.owned(
                id=facts.ref("TASK_BINDING", item["bindingId"]),
                workspace_id=workspace_id,
                binding_id=item["bindingId"],
                task_id=item.get("taskId") or "",
                name=item.get("name") or item.get("displayName") or item["bindingId"],
                display_name=item.get("displayName"),
                description=item.get("description"),
                lifecycle=item.get("lifecycle") or "unknown",
                mutates_workspace=bool(item.get("mutatesWorkspace")),
            ),
        )


def _share_rows(facts: Facts, workspace_id: str | None) -> Iterable[Row]:
    """The share as last told, less what a later revoke or clear took away. Without one, what `isShared` says."""
    share, told_at = some(facts.get("$share")), facts.merged.time_of("$share")
    cleared = CLEARED in facts.document and facts.merged.time_of(CLEARED) >= told_at
    revoked = REVOKED in facts.document and facts.merged.time_of(REVOKED) >= told_at
    if not share and not (cleared or revoked):
        state = "shared" if facts.get("isShared") else "not_shared"
        yield shares, facts.owned(id=facts.id, workspace_id=workspace_id, state=state)
        yield from _recipient_rows(facts, "SHARE", facts.get("shareRecipients"), workspace_id)
        return
    if cleared:
        share = {"state": "not_shared"}
    elif revoked:
        share = {**share, "state": "not_shared", "status": "revoked"}
    times = {name: moment_of(share.get(camel(name))) for name in ("expires_at", "created_at", "updated_at")}
    yield (
        shares,
        facts.owned(
            id=facts.id,
            workspace_id=workspace_id,
            share_id=share.get("shareId"),
            state=share.get("state") or "not_shared",
            status=share.get("status"),
            **times,
        ),
    )
    only_named = [{"id": user_id} for user_id in share.get("recipientUserIds") or () if user_id]
    yield from _recipient_rows(facts, "SHARE", [*(share.get("recipients") or ()), *only_named], workspace_id)


def _recipient_rows(facts: Facts, via: str, people: Sequence[Any] | None, workspace_id: str | None) -> Iterable[Row]:
    """One row per person; `id` also tells by which list, since one person may stand in several."""
    seen = dict.fromkeys(person["id"] for person in people or () if person and person["id"])
    for position, user_id in enumerate(seen):
        row = facts.owned(
            id=f"{via}:{facts.ref('USER', user_id)}",
            user_id=facts.ref("USER", user_id),
            via=via,
            workspace_id=workspace_id,
            position=position,
        )
        yield recipients, row


def chart_rows(facts: Facts) -> Iterable[Row]:
    """A chart; its specification is kept whole."""
    spec = some(facts.get("spec"))
    kind = unified(CHART_KIND, spec.get("kind"))
    if kind is None:
        facts.count_unknown(f"vai chart kind {spec.get('kind')!r}")
    yield (
        charts,
        facts.record(
            workspace_id=facts.workspace_of(facts.part_id),
            part_id=facts.part_id,
            kind=kind or "UNKNOWN",
            position=whole(facts.get("position")) or 0,
            collapsed=bool(facts.get("collapsed")),
            spec=spec,
            chart_spec_version=whole(facts.get("chartSpecVersion")),
            created_by_id=facts.ref("USER", facts.get("createdBy")),
            last_edited_by_id=facts.ref("USER", facts.get("lastEditedBy")),
            **plain(facts, "title", "artifact_id", "renderer_config"),
            **moments(facts, "created_at", "updated_at"),
        ),
    )


def session_rows(facts: Facts) -> Iterable[Row]:
    """A chat session of a workspace, or a chat thread of none."""
    scope = some(facts.get("scope"))
    agent = facts.get("agentSpecId") or some(facts.get("agentSpec")).get("id")
    names = ("title", "viewer_access", "active_turn_id", "active_turn_status", "last_turn_status")
    yield (
        sessions,
        facts.record(
            workspace_id=facts.workspace_of(facts.part_id),
            part_id=facts.part_id,
            scope_kind=scope.get("kind"),
            scope_workspace_id=scope.get("workspaceId"),
            scope_document_id=scope.get("documentId"),
            is_shared=bool(facts.get("isShared")),
            active_turn_last_event_seq=whole(facts.get("activeTurnLastEventSeq")),
            agent_id=facts.ref("AGENT", agent),
            shared_by_id=facts.ref("USER", some(facts.get("sharedBy")).get("id")),
            **plain(facts, *names),
            **moments(facts, "created_at", "updated_at"),
        ),
    )
    yield from _recipient_rows(facts, "SESSION", facts.get("shareRecipients"), None)


def message_rows(facts: Facts) -> Iterable[Row]:
    """A message; `threadId` is its session, or else the session in the path."""
    error = some(facts.get("error"))
    yield (
        messages,
        facts.record(
            session_id=facts.ref("SESSION", facts.get("threadId") or facts.get("$session")),
            part_id=facts.part_id,
            role=facts.get("role") or "unknown",
            cancelled=bool(facts.get("cancelled")),
            error_code=error.get("code"),
            error_title=error.get("title"),
            error_description=error.get("description"),
            error_reference_id=error.get("referenceId"),
            error_retryable=error.get("retryable"),
            **plain(facts, "content", "format", "raw_data", "duration_seconds", "turn_id", "created_by"),
            **moments(facts, "created_at", "updated_at"),
        ),
    )


def run_rows(facts: Facts) -> Iterable[Row]:
    """A run and its steps; the run of an agent specification has other fields and no steps."""
    names = (
        "trigger_ref", "task_id", "task_display_name", "transcript_content", "transcript_raw_data", "result",
        "workflow_document_id", "workflow_document_title", "workflow_document_version_id",
        "workflow_document_version_label", "origin_thread_id", "origin_room_id", "origin_room_run_id",
        "parent_run_id", "root_run_id",
    )  # fmt: skip
    error, context = facts.get("error"), facts.get("context")
    yield (
        runs,
        facts.record(
            workspace_id=facts.workspace_of(facts.part_id),
            part_id=facts.part_id,
            agent_id=facts.ref("AGENT", facts.get("agentSpecId")),
            status=facts.word(RUN["VAI"], facts.get("status")),
            source_status=facts.get("status"),
            title=facts.get("taskDisplayName"),
            depth=whole(facts.get("depth")) or 0,
            error=error if isinstance(error, str) else _message_of(error),
            context=facts.get("input") if context is None else context,
            triggered_by=facts.get("triggeredBy") or facts.get("triggerMethod"),
            workflow_document_version=whole(facts.get("workflowDocumentVersion")),
            parent_id=facts.ref("RUN", facts.get("parentRunId")),
            root_id=facts.ref("RUN", facts.get("rootRunId")),
            **plain(facts, *names),
            **moments(facts, "created_at", "started_at", "completed_at", "transcript_updated_at"),
            **_observed(some(facts.get("observability"))),
            **_outcome(some(facts.get("outcome"))),
            **_snapshot(some(facts.get("workflowRuntimeSnapshot"))),
        ),
    )
    for position, step in enumerate(facts.get("steps") or ()):
        yield run_steps, facts.owned(**_step(position, step))


def _message_of(error: Any) -> str | None:
    """An agent run's error is an object; its message where it has one."""
    message = some(error).get("message")
    return message if isinstance(message, str) else (str(error) if error else None)


def _observed(observability: dict[str, Any]) -> dict[str, Any]:
    usage = some(observability.get("usage"))
    counts = ("input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens")
    return {
        "usage_total_cost": usage.get("totalCost"),
        "cost": exact_cost(usage.get("totalCost")),
        "loaded_skill_slugs": observability.get("loadedSkillSlugs"),
        "model_id": observability.get("modelId"),
        "provider": observability.get("provider"),
        "trace_provider": observability.get("traceProvider"),
        **{f"usage_{name}": whole(usage.get(camel(name))) for name in counts},
    }


def _outcome(outcome: dict[str, Any]) -> dict[str, Any]:
    names = ("artifact_id", "artifact_name", "renderer_kind", "summary")
    return {
        "outcome_row_count": whole(outcome.get("rowCount")),
        "outcome_version": whole(outcome.get("version")),
        **{f"outcome_{name}": outcome.get(camel(name)) for name in names},
    }


def _snapshot(snapshot: dict[str, Any]) -> dict[str, Any]:
    document = some(snapshot.get("document"))
    names = ("document_id", "title", "document_version_id", "document_version_label")
    return {
        "snapshot_kind": snapshot.get("kind"),
        "snapshot_captured_at": moment_of(document.get("capturedAt")),
        "snapshot_document_version": whole(document.get("documentVersion")),
        **{f"snapshot_{name}": document.get(camel(name)) for name in names},
    }


def _step(position: int, step: dict[str, Any]) -> dict[str, Any]:
    names = (
        "step_key", "status", "source_type", "tool_name", "tool_call_id", "input", "output", "error", "duration_ms",
    )  # fmt: skip
    return {
        "id": str(position),
        "position": position,
        "external_id": step.get("id"),
        "sequence": whole(step.get("sequence")),
        "started_at": moment_of(step.get("startedAt")),
        "completed_at": moment_of(step.get("completedAt")),
        **{name: step.get(camel(name)) for name in names},
    }


def agent_rows(facts: Facts) -> Iterable[Row]:
    """An agent specification, whole or as a session names it."""
    deleted = facts.get("isDeleted")
    yield (
        agents,
        facts.record(
            name=facts.get("name") or facts.external_id,
            status="DELETED" if deleted else facts.word(AGENT["VAI"], facts.get("lifecycleStatus")),
            source_status=facts.get("lifecycleStatus"),
            is_deleted=deleted,
            config=facts.get("frontmatter"),
            owner_id=facts.ref("USER", facts.get("createdBy")),
            **plain(facts, "description", "slug", "mode"),
            **moments(facts, "created_at", "updated_at"),
        ),
    )


def tag_rows(facts: Facts) -> Iterable[Row]:
    """A tag of the organisation."""
    names = ("namespace", "color", "description", "attributes")
    times = moments(facts, "created_at", "updated_at")
    name = facts.get("name") or facts.get("slug") or facts.external_id
    yield tags, facts.record(name=name, slug=facts.get("slug") or name, **plain(facts, *names), **times)


def activity_rows(facts: Facts) -> Iterable[Row]:
    """Something that happened in the workspace of the path."""
    yield (
        activity_items,
        facts.record(
            workspace_id=facts.workspace_of(facts.part_id),
            part_id=facts.part_id,
            kind=facts.get("kind") or "unknown",
            **plain(facts, "title", "status", "detail"),
            **moments(facts, "created_at"),
        ),
    )


def user_rows(facts: Facts) -> Iterable[Row]:
    """A person, by the fields that shares and sessions show."""
    yield users, facts.record(**plain(facts, "email", "first_name", "last_name", "profile_picture_url"))
