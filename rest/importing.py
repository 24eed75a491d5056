"""Import of files: read, take apart, take in by groups; one outcome per exchange, counted and reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from db.database import Database
from rest.files import Item, Link, Unreadable, items_of
from rest.intake import Outcome, link, take_in
from rest.joins import JoinError
from rest.records import Exchange, Place, Problem, RefusedError, SkippedError, Taken, taken_apart

GROUP = 250  # exchanges to a transaction: more gain little speed and hold the write lock longer


@dataclass(frozen=True)
class Entry:
    """One line of the report."""

    place: Place
    outcome: str  # kept, changed, unchanged, skipped or refused
    call: str = ""
    records: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass
class Summary:
    """What an import came to."""

    outcomes: Counter[str] = field(default_factory=Counter)
    unknown_words: Counter[str] = field(default_factory=Counter)
    unknown_fields: Counter[str] = field(default_factory=Counter)


async def imported(
    database: Database,
    organization_id: str,
    files: Iterable[Path],
    summary: Summary,
    progress: Callable[[Path, int], None] = lambda _path, _bytes: None,
) -> AsyncIterator[Entry]:
    """Take every exchange of the files in; one entry each, as they are done.

    `progress` is told the file and how many of its bytes have been read. `summary` is filled in on the way.
    """
    waiting, links = list[Taken](), list[Link]()
    for item in _items(files, progress):
        entry = None
        if isinstance(item, Exchange):
            entry = _apart(item, waiting, summary)
        elif isinstance(item, Link):
            links.append(item)
        else:
            entry = Entry(item.place, "refused", problems=item.problems)
        if entry is not None:
            summary.outcomes[entry.outcome] += 1
            yield entry
        if len(waiting) + len(links) >= GROUP:
            for done in await _stored(database, organization_id, waiting, links, summary):
                yield done
    for done in await _stored(database, organization_id, waiting, links, summary):
        yield done


def _items(files: Iterable[Path], progress: Callable[[Path, int], None]) -> Iterator[Item]:
    for path in files:
        try:
            with path.open("rb") as raw:
                for item in items_of(path, raw):
                    yield item
                    progress(path, raw.tell())
        except OSError as error:
            yield Unreadable(Place(str(path)), [Problem("", f"cannot be read: {error}")])


def _apart(exchange: Exchange, waiting: list[Taken], summary: Summary) -> Entry | None:
    try:
        taken = taken_apart(exchange)
    except RefusedError as refusal:
        return Entry(exchange.place, "refused", _call(exchange), problems=refusal.problems)
    except SkippedError as reason:
        return Entry(exchange.place, "skipped", _call(exchange), problems=[Problem("", str(reason))])
    summary.unknown_fields.update(taken.unknown_fields)
    waiting.append(taken)
    return None


async def _stored(
    database: Database, organization_id: str, waiting: list[Taken], links: list[Link], summary: Summary
) -> list[Entry]:
    """Take in what is waiting, then join; a link holds for documents before and after it alike."""
    done: list[Entry] = []
    if waiting:
        done += map(_entry, await take_in(database, organization_id, waiting, summary.unknown_words))
    if links:
        verdicts = await link(database, organization_id, [item.members for item in links])
        done += map(_linked, links, verdicts)
    summary.outcomes.update(entry.outcome for entry in done)
    waiting.clear()
    links.clear()
    return done


def _linked(item: Link, verdict: bool | JoinError) -> Entry:
    if isinstance(verdict, JoinError):
        return Entry(item.place, "refused", "LINK", problems=[Problem("/link", str(verdict))])
    return Entry(item.place, "changed" if verdict else "unchanged", "LINK")


def _entry(outcome: Outcome) -> Entry:
    exchange = outcome.taken.exchange
    return Entry(exchange.place, outcome.word, _call(exchange), outcome.records, outcome.problems)


def _call(exchange: Exchange) -> str:
    return f"{exchange.method} {exchange.path.partition('?')[0]}"
