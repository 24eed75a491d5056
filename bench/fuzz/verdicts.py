"""What must hold of every answer, whatever was asked; and the tally of a run."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from errors import ERRORS

CODES = {one.code for one in ERRORS} - {"INTERNAL"}
LEAKS = re.compile(rb"Traceback|sqlalchemy|sqlite3|asyncpg|psycopg|\bSELECT .* FROM\b|File \\?\"/|site-packages")
OURS = ("application/json", "application/graphql-response+json")
OTHERS = ("text/html", "text/css", "text/javascript", "application/javascript", "text/plain", "image/", "font/")
EXPECTED_CLOSES = {1000, 1002, 1003, 1007, 1009, 4400, 4401, 4403, 4406, 4408, 4409, 4429}
SLOWEST = 10


@dataclass(frozen=True)
class Answer:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


@dataclass
class Tally:
    """What came of a run, or of a part of it."""

    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    closes: Counter[int] = field(default_factory=Counter)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    findings: list[tuple[str, bytes, bytes]] = field(default_factory=list)  # what is wrong, request, answer

    def note(self, kind: str, request: bytes, answer: Answer, *, is_head: bool) -> None:
        """Count an answer, and what is wrong with it."""
        self.kinds[kind] += 1
        self.statuses[answer.status] += 1
        self.slow(answer.seconds, f"{kind}: {_shown(request)}")
        codes, fault = judged(answer, is_head=is_head)
        self.codes.update(codes)
        if fault:
            self.findings.append((f"{kind}: {fault}", request, answer.body[:2_000]))

    def slow(self, seconds: float, what: str) -> None:
        """Keep the slowest."""
        self.slowest.append((seconds, what))
        if len(self.slowest) > 20 * SLOWEST:
            self.slowest = sorted(self.slowest, reverse=True)[:SLOWEST]

    def add(self, other: Tally) -> None:
        """Take another part's figures in."""
        for name in ("kinds", "statuses", "codes", "closes"):
            getattr(self, name).update(getattr(other, name))
        self.slowest = sorted(self.slowest + other.slowest, reverse=True)[:SLOWEST]
        self.findings += other.findings


def _shown(request: bytes) -> str:
    """A request in a line: what is asked, and not by whom."""
    head, _, body = request.partition(b"\r\n\r\n")
    return repr((head.split(b"\r\n")[0][:60] + b" " + body[:140]).decode(errors="replace"))


def judged(answer: Answer, *, is_head: bool) -> tuple[list[str], str | None]:
    """The codes of an answer's errors, and what is wrong with it."""
    request_id = answer.headers.get("x-request-id")
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if answer.status >= 500 and answer.status != 503:
        return [], f"status {answer.status}"
    if not request_id:
        return [], "no X-Request-Id"
    if LEAKS.search(answer.body):
        return [], "it tells what is inside"
    if is_head or answer.status in (204, 304) or (answer.status < 400 and media_type.startswith(OTHERS)):
        return [], None
    if answer.status < 400 and not answer.body:
        return [], None  # a redirection
    if answer.status == 401 and media_type == "text/html":
        return [], None  # the page that says how to sign in
    if media_type not in OURS:
        return [], f"{answer.status} of {media_type}"
    try:
        told = json.loads(answer.body)
    except ValueError:
        return [], "no JSON"
    return judged_value(told, answer.status, request_id)


def judged_value(told: Any, status: int, request_id: str | None) -> tuple[list[str], str | None]:
    """The codes of the errors in an answer of GraphQL's form, and what is wrong with it."""
    if isinstance(told, dict) and set(told) <= {"status", "reason"} and status in (200, 503):
        return [], None  # of /livez and /readyz
    if not isinstance(told, dict) or not told or not set(told) <= {"data", "errors", "extensions"}:
        return [], "not GraphQL's form"
    errors = told.get("errors", [])
    if "errors" in told and not (isinstance(errors, list) and errors):
        return [], "`errors` that are none"
    if status >= 400 and not errors:
        return [], "refused without an error"
    codes = []
    for error in errors:
        extensions = error.get("extensions", {})
        code = extensions.get("code")
        codes.append(str(code))
        if code not in CODES:
            return codes, f"code {code}"
        if not isinstance(error.get("message"), str) or not isinstance(extensions.get("retryable"), bool):
            return codes, "an error without message or retryable"
        if request_id and extensions.get("requestId") != request_id:
            return codes, "another requestId in the error than in the header"
    return codes, None
