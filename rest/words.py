"""Status algebra: every word of a system's own becomes one of ours; a word nobody knew becomes UNKNOWN.

The maps are total functions of lower-case words. An absent word has its own entry under None. The caller keeps
the raw word and counts the unknown ones.
"""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str | None, str]

UNKNOWN = "UNKNOWN"
ABSENT = None

# Over the parts of one workspace the most urgent wins; first is most urgent.
URGENCY = ("FAILED", "STOPPING", "PROVISIONING", "BUSY", "PAUSED", "ACTIVE", "IDLE", "STOPPED", "UNKNOWN")

_EVERSHELL_SIX = ("provisioning", "idle", "busy", "stopping", "stopped", "failed")

WORKSPACE: Mapping[str, Words] = {
    "AITASKER": {
        ABSENT: UNKNOWN, "active": "ACTIVE", "paused": "PAUSED", "idle": "IDLE", "busy": "BUSY", "stopped": "STOPPED",
        "failed": "FAILED", "provisioning": "PROVISIONING", "stopping": "STOPPING", "cancelled": "STOPPED",
        "canceled": "STOPPED", "inactive": "STOPPED",
    },
    "ORGO": {ABSENT: "ACTIVE", "active": "ACTIVE", "inactive": "STOPPED"},
    "VAI": {ABSENT: "ACTIVE", "active": "ACTIVE", "archived": "ACTIVE"},
    "EVERSHELL": {ABSENT: UNKNOWN, **{word: word.upper() for word in _EVERSHELL_SIX}},
}  # fmt: skip

AGENT: Mapping[str, Words] = {
    "AITASKER": {
        ABSENT: UNKNOWN, "active": "ACTIVE", "paused": "PAUSED", "cancelled": "CANCELLED", "canceled": "CANCELLED",
        "draft": "DRAFT", "archived": "ARCHIVED", "deleted": "DELETED",
    },
    "VAI": {
        ABSENT: UNKNOWN, "active": "ACTIVE", "published": "ACTIVE", "draft": "DRAFT", "paused": "PAUSED",
        "archived": "ARCHIVED", "deleted": "DELETED",
    },
    "EVERSHELL": {ABSENT: "ACTIVE"},
}  # fmt: skip

COMPUTER: Words = {
    ABSENT: UNKNOWN, "creating": "CREATING", "starting": "STARTING", "running": "RUNNING", "stopping": "STOPPING",
    "stopped": "STOPPED", "restarting": "RESTARTING", "suspended": "SUSPENDED", "deleting": "DELETING",
    "error": "ERROR",
}  # fmt: skip

RUN: Mapping[str, Words] = {
    "AITASKER": {
        ABSENT: UNKNOWN, "queued": "QUEUED", "scheduled": "QUEUED", "pending": "QUEUED",
        "pending_approval": "WAITING", "awaiting_approval": "WAITING", "waiting": "WAITING", "approved": "QUEUED",
        "running": "RUNNING", "in_progress": "RUNNING", "completed": "SUCCEEDED", "succeeded": "SUCCEEDED",
        "done": "SUCCEEDED", "failed": "FAILED", "error": "FAILED", "rejected": "CANCELLED",
        "cancelled": "CANCELLED", "canceled": "CANCELLED",
    },
    "VAI": {
        ABSENT: UNKNOWN, "queued": "QUEUED", "pending": "QUEUED", "created": "QUEUED", "waiting": "WAITING",
        "paused": "WAITING", "running": "RUNNING", "in_progress": "RUNNING", "succeeded": "SUCCEEDED",
        "success": "SUCCEEDED", "completed": "SUCCEEDED", "failed": "FAILED", "error": "FAILED",
        "cancelled": "CANCELLED", "canceled": "CANCELLED",
    },
    "EVERSHELL": {
        ABSENT: UNKNOWN, "submitted": "QUEUED", "delivered": "QUEUED", "running": "RUNNING", "compacting": "RUNNING",
        "completed": "SUCCEEDED", "failed": "FAILED", "cancelled": "CANCELLED", "delivery_failed": "FAILED",
    },
}  # fmt: skip

CHART_KIND: Words = {
    ABSENT: UNKNOWN, "bar": "BAR", "line": "LINE", "area": "AREA", "pie": "PIE", "donut": "DONUT",
    "scatter": "SCATTER", "heatmap": "HEATMAP", "histogram": "HISTOGRAM", "table": "TABLE", "value": "VALUE",
}  # fmt: skip


def unified(words: Words, word: str | None) -> str | None:
    """Our word for a system's own; None where nobody knew it."""
    return words.get(word if word is None else word.strip().lower())


def most_urgent(statuses: set[str]) -> str:
    """The status of a workspace whose parts have these."""
    return min(statuses, key=URGENCY.index, default=UNKNOWN)
