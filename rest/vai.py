"""VAI (Virtuous AI): the table of its endpoints. How its records become rows stands in vai_rows.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from db.runs import run_steps, task_bindings
from db.tags import workspace_tags
from db.users import recipients, shares
from rest import vai_rows as rows
from rest.dialect import Dialect, Endpoint, Params, Patch, RecordKind, some
from rest.merge import DELETED
from rest.models import vai as models
from rest.models import vai_requests as bodies

_WORKSPACES = "/api/v1/workspaces"
_WORKSPACE = f"{_WORKSPACES}/{{workspace_id}}"
_CHART = f"{_WORKSPACE}/charts/{{chart_id}}"


def _envelope(params: Params, body: Any) -> Iterable[Patch]:
    """`boundTasks` and `warnings` stand beside the workspace and belong to it."""
    workspace_id = some(some(body).get("workspace")).get("id") or params.get("workspace_id")
    fields = {f"${name}": body[name] for name in ("boundTasks", "warnings") if name in some(body)}
    if workspace_id and fields:
        yield Patch("WORKSPACE", workspace_id, fields)


def _tagged(params: Params, body: Any) -> Iterable[Patch]:
    """A workspace's tags come as a whole."""
    items = some(body).get("items")
    if items is not None:
        yield Patch("WORKSPACE", params["workspace_id"], {"$tags": [item["id"] for item in items]})


def _shared(params: Params, body: Any) -> Iterable[Patch]:
    people = tuple(("USER", user_id) for user_id in some(body).get("recipientUserIds") or () if user_id)
    yield Patch("WORKSPACE", params["workspace_id"], {"$share": body}, people)


def _marked(name: str) -> Any:
    """A call without an answer that only says when it was made."""
    return lambda params, _body: (Patch("WORKSPACE", params["workspace_id"], {name: True}),)


def _unbound(params: Params, _body: Any) -> Iterable[Patch]:
    yield Patch("WORKSPACE", params["workspace_id"], {f"{rows.UNBOUND}{params['binding_id']}": True})


def _chart_deleted(params: Params, _body: Any) -> Iterable[Patch]:
    yield Patch("CHART", params["chart_id"], {DELETED: True, "workspaceId": params["workspace_id"]})


def _shared_threads(_params: Params, body: Any) -> Iterable[Patch]:
    """A share of a chat thread says a little of the session that it shares."""
    for item in some(body).get("items") or [body]:
        thread = some(item)
        if thread.get("threadId"):
            names = ("title", "agentSpec", "sharedBy")
            fields = {name: thread[name] for name in names if name in thread}
            yield Patch("SESSION", thread["threadId"], {**fields, "isShared": True})


DIALECT = Dialect(
    system="VAI",
    base="",
    hosts=("virtuous", "vai."),
    kinds={
        "WORKSPACE": RecordKind(
            rows.workspace_rows,
            owns=(task_bindings, workspace_tags, shares, recipients),
            references={"ownerUserId": "USER"},
        ),
        "CHART": RecordKind(
            rows.chart_rows,
            references={"createdBy": "USER", "lastEditedBy": "USER"},
            parts=("workspaceId", "$workspace"),
        ),
        "SESSION": RecordKind(
            rows.session_rows,
            owns=(recipients,),
            references={"agentSpecId": "AGENT"},
            parts=("workspaceId", "scope.workspaceId", "$workspace"),
        ),
        "MESSAGE": RecordKind(rows.message_rows, references={"threadId": "SESSION", "$session": "SESSION"}),
        "RUN": RecordKind(
            rows.run_rows,
            owns=(run_steps,),
            references={"agentSpecId": "AGENT"},
            parts=("workspaceId", "$workspace"),
        ),
        "AGENT": RecordKind(rows.agent_rows, references={"createdBy": "USER"}),
        "TAG": RecordKind(rows.tag_rows),
        "ACTIVITY": RecordKind(rows.activity_rows),
        "USER": RecordKind(rows.user_rows),
    },
    endpoints=(
        Endpoint("GET", _WORKSPACES, models.Workspaces),
        Endpoint("POST", _WORKSPACES, models.WorkspaceEnvelope, bodies.CreateWorkspaceRequest, _envelope),
        Endpoint("GET", f"{_WORKSPACES}/shared", models.Workspaces),
        Endpoint("GET", f"{_WORKSPACES}/table-candidates", models.TableCandidates),
        Endpoint("GET", _WORKSPACE, models.WorkspaceEnvelope, patches=_envelope),
        Endpoint("PATCH", _WORKSPACE, models.WorkspaceEnvelope, bodies.UpdateWorkspaceRequest, _envelope),
        Endpoint("DELETE", _WORKSPACE, Any, patches=_marked(DELETED)),
        Endpoint("GET", f"{_WORKSPACE}/activity", models.Activity),
        Endpoint("POST", f"{_WORKSPACE}/archive", models.WorkspaceEnvelope, patches=_envelope),
        Endpoint("POST", f"{_WORKSPACE}/restore", models.WorkspaceEnvelope, patches=_envelope),
        Endpoint("GET", f"{_WORKSPACE}/charts", models.Charts),
        Endpoint("POST", f"{_WORKSPACE}/charts", models.Chart, bodies.CreateChartRequest),
        Endpoint("GET", _CHART, models.Chart),
        Endpoint("PATCH", _CHART, models.Chart, bodies.UpdateChartRequest),
        Endpoint("DELETE", _CHART, Any, patches=_chart_deleted),
        Endpoint("POST", f"{_CHART}/data", models.ChartData, bodies.ChartDataRequest),
        Endpoint("PATCH", f"{_CHART}/position", models.Chart, bodies.ChartPositionRequest),
        Endpoint("GET", f"{_WORKSPACE}/data", models.TablePage),
        Endpoint("PATCH", f"{_WORKSPACE}/data/cells", models.CellAnswer, bodies.UpdateCellRequest),
        Endpoint("GET", f"{_WORKSPACE}/runs/{{run_id}}", models.Run),
        Endpoint("GET", f"{_WORKSPACE}/sessions", models.Sessions),
        Endpoint("POST", f"{_WORKSPACE}/sessions", models.Session),
        Endpoint("GET", f"{_WORKSPACE}/sessions/{{session_id}}/messages", models.Messages),
        Endpoint("GET", f"{_WORKSPACE}/share", models.Share, patches=_shared),
        Endpoint("PUT", f"{_WORKSPACE}/share", models.Share, bodies.UpsertShareRequest, _shared),
        Endpoint("DELETE", f"{_WORKSPACE}/share", Any, patches=_marked(rows.REVOKED)),
        Endpoint("DELETE", f"{_WORKSPACE}/share/clear", Any, patches=_marked(rows.CLEARED)),
        Endpoint("GET", f"{_WORKSPACE}/tags", models.Tags, patches=_tagged),
        Endpoint("PUT", f"{_WORKSPACE}/tags", models.Tags, bodies.SetTagsRequest, _tagged),
        Endpoint("POST", f"{_WORKSPACE}/tasks", models.WorkspaceEnvelope, bodies.AttachTaskRequest, _envelope),
        Endpoint(
            "PATCH",
            f"{_WORKSPACE}/tasks/{{binding_id}}",
            models.WorkspaceEnvelope,
            bodies.UpdateTaskBindingRequest,
            _envelope,
        ),
        Endpoint("DELETE", f"{_WORKSPACE}/tasks/{{binding_id}}", Any, patches=_unbound),
        # Beyond the seeds: what answers with records of the graph.
        Endpoint("GET", "/api/v1/chat/threads", models.Sessions),
        Endpoint("POST", "/api/v1/chat/threads", models.Session),
        Endpoint("GET", "/api/v1/tags", models.Tags),
        Endpoint("POST", "/api/v1/tags", models.Tag),
        Endpoint("GET", "/api/v1/data-products/runs", models.Runs),
        Endpoint("POST", "/api/v1/data-products/runs", models.Run),
        Endpoint("GET", "/api/v1/shares/received", models.ReceivedShares, patches=_shared_threads),
        Endpoint("GET", "/api/v1/shares/{share_id}", models.SharedThread, patches=_shared_threads),
        Endpoint("GET", "/api/v1/agents/specs", models.AgentSpecs),
        Endpoint("GET", "/api/v1/agents/runs/{run_id}", models.AgentRun),
        Endpoint("GET", f"{_WORKSPACE}/comment-threads"),  # comments are no record of the graph
    ),
)
