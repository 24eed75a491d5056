"""The four systems as sources, and the answers recorded of them."""

from __future__ import annotations

from datetime import datetime

from resolvers.sources import answer_as_it_came, answers_of_systems
from schema.enums import System
from schema.fields import column, connection, made
from schema.nodes import Connection, object_type
from schema.scalars import JSON


@object_type
class RecordCount:
    """How many records of one kind a system holds."""

    kind: str = column("Kind of record, such as `COMPUTER`.")
    count: int = column("How many.")


@object_type
class RecordedAnswer:
    """The last answer of one call, as it came, secrets removed: what no record holds is here, such as the numbers of
    a list page, a page of table data or the points of a chart.
    """

    system: System = column("The system that answered.")
    method: str = column("HTTP method of the call.")
    path: str = column("Path and query of the call.")
    endpoint: str = column("The call as the API's reference names it, such as `GET /workspaces/{id}`.")
    status: int = column("HTTP status of the answer.")
    fetched_at: datetime = column("When it was answered.")
    document: JSON | None = made("The answer.", answer_as_it_came, "document", takes_context=True)


@object_type
class Source:
    """One system, as far as the organisation's records go."""

    system: System = column("The system.")
    record_count: int = column("How many records it holds, those included that are only known by their id.")
    stale_count: int = column("How many of them are stale.")
    records: list[RecordCount] = column("How many records of each kind.")
    fetched_at: datetime | None = column("When the newest document was fetched; null where there is none.")
    last_error: str | None = column("Why a record's last refresh failed; null if none did.")
    answers: Connection[RecordedAnswer] = connection(
        answers_of_systems, "The last answer of each call that was recorded, newest first.", key="system"
    )
