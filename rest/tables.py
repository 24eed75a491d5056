"""Files of rows into SQL: a CSV or JSON-lines file becomes the typed data table of a VAI workspace.

A) find the VAI part that the table belongs to;  B) read the whole file once, for the type of every column;
C) read it again, and insert it by batches into a table of a new name;  D) put that table into the registry in place
of the former one, which is dropped. C and D are ONE transaction: a load that fails or is killed leaves everything
as it was. Memory does not grow with the file, save where a batch holds long texts.

CSV is UTF-8 with commas, a header, and quotes as RFC 4180 has them; an empty cell is NULL, in a column of text too.
JSON lines are objects; the columns are all their keys, in order of appearance; null and absent are NULL. Either may
be gzipped. The types are told in `table_types.py`. Rows that do not fit are left out and reported by line: a wrong
number of cells, no UTF-8, no CSV or JSON, a stray, a key that is empty, over-long or there already (the first stays).
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

import orjson
from sqlalchemy import or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.data_rows import (
    DataColumn,
    DataTable,
    create_table,
    driver_error,
    insert_rows,
    register,
    sql_name_of,
    stored_table,
)
from db.database import Database, lock_organization
from db.ids import id_of
from db.workspaces import workspace_parts
from rest.table_types import (
    FITTING,
    TEXT,
    VALUES,
    column_type,
    kind_of_json,
    kind_of_text,
    misfit,
    text_of_json,
)

MAX_COLUMNS = 500  # PostgreSQL ends at 1,600, and a row of so many long texts does not fit its page
MAX_NAME_CHARACTERS = 255  # of a table or a column
MAX_KEY_BYTES = 2_000  # of a key's texts together; an index entry of PostgreSQL ends at 2,704
MAX_LISTED_PROBLEMS = 1_000
BATCH_CELLS = 20_000  # 1,000 rows of 20 columns; larger batches are no faster
BATCH_BYTES = 4_000_000  # of the file, unpacked: what a batch of long texts holds at most, and one row
PROGRESS_ROWS = 5_000  # between two calls of `progress` while the types are found

Progress = Callable[[Path, int], None]


class TableError(ValueError):
    """A file or a request of which no table can be made; nothing was changed."""


class RowProblem(NamedTuple):
    """Why a row was left out. `column` is None where the whole line is at fault."""

    line: int
    column: str | None
    message: str


@dataclass
class TableReport:
    """What a load came to. `problems` lists the first MAX_LISTED_PROBLEMS of `problem_count`."""

    name: str
    sql_name: str
    part_id: str
    columns: list[DataColumn]
    row_count: int = 0
    left_out_count: int = 0
    problem_count: int = 0
    problems: list[RowProblem] = field(default_factory=list)

    def leave_out(self, problems: Sequence[RowProblem]) -> None:
        """Note one row that was left out, and all that is wrong with it."""
        self.left_out_count += 1
        self.problem_count += len(problems)
        self.problems += problems[: max(0, MAX_LISTED_PROBLEMS - len(self.problems))]


async def imported_table(
    database: Database,
    organization_id: str,
    path: Path,
    *,
    workspace: str,
    name: str | None = None,
    key: Sequence[str] = (),
    progress: Progress = lambda _path, _bytes: None,
) -> TableReport:
    """Load a file as the data table of a VAI workspace, in place of the one it had.

    `workspace` is VAI's own id or an id of the graph; `name` is the file's where None; `key` names the columns that
    identify a row. `progress` is told how many bytes were read: twice the file's size in the end, as it is read
    twice. Raises TableError.
    """
    table_name = Path(path.name.removesuffix(".gz")).stem if name is None else name
    _check_names([table_name], "the table")
    part_id = await _part_id(database, organization_id, workspace)  # A
    columns = _columns_of(path, progress)  # B
    _check_key(key, columns)
    imported_at = datetime.now(UTC)
    sql_name = sql_name_of(organization_id, part_id, table_name, imported_at)
    declared = DataTable(organization_id, part_id, table_name, sql_name, tuple(columns), tuple(key))
    report = TableReport(table_name, sql_name, part_id, columns)
    try:
        async with database.writing() as connection:
            await lock_organization(connection, part_id)  # one load at a time, of this table only
            await _load(connection, declared, path, report, progress)  # C
            await register(connection, declared, report.row_count, imported_at)  # D
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        raise TableError(f"the database refuses the table: {driver_error(error)}; nothing was changed") from error
    return report


# A) the workspace


async def _part_id(database: Database, organization_id: str, workspace: str) -> str:
    """The VAI part meant by VAI's id, by the part's, or by that of any workspace it is joined with."""
    parts = workspace_parts.c
    joined = select(parts.workspace_id).where(parts.organization_id == organization_id, parts.id == workspace)
    meant = or_(
        parts.id == id_of("WORKSPACE", organization_id, "VAI", workspace),
        parts.workspace_id == workspace,
        parts.workspace_id == joined.scalar_subquery(),
    )
    owned = select(parts.id).where(
        parts.organization_id == organization_id, parts.system == "VAI", parts.is_deleted.is_(False), meant
    )
    rows = await database.rows(owned.order_by(parts.id))
    if not rows:
        raise TableError(f"no VAI workspace {workspace!r}; import its documents first")
    return str(rows[0].id)


# B) the columns


def _columns_of(path: Path, progress: Progress) -> list[DataColumn]:
    with _reading(path) as reader:
        counts: dict[str, Counter[str]] = {name: Counter() for name in reader.names}
        kind_of = reader.kind_of
        for number, (_line, content) in enumerate(reader.rows()):
            if isinstance(content, _Fault):
                continue
            for name, value in content.items():
                if name not in counts:
                    counts[name] = Counter()
                    _check_count(counts)
                if value is not None:
                    counts[name][kind_of(value)] += 1
            if number % PROGRESS_ROWS == 0:
                progress(path, reader.bytes_read())
        progress(path, reader.bytes_read())
    if not counts:
        raise TableError(f"{path} holds no rows, hence no columns")
    _check_names(counts, "column {} of the file")
    return [
        DataColumn(name, f"c_{position}", column_type(count_by_kind))
        for position, (name, count_by_kind) in enumerate(counts.items(), start=1)
    ]


def _check_names(names: Iterable[str], what: str) -> None:
    for position, name in enumerate(names, start=1):
        if not name.strip():
            raise TableError(f"{what.format(position)} has no name")
        if len(name) > MAX_NAME_CHARACTERS:
            raise TableError(f"{what.format(position)} has a name of more than {MAX_NAME_CHARACTERS} characters")


def _check_count(names: Sized) -> None:
    if len(names) > MAX_COLUMNS:
        raise TableError(f"a table may have {MAX_COLUMNS} columns, got more")


def _check_key(key: Sequence[str], columns: Sequence[DataColumn]) -> None:
    names = [column.name for column in columns]
    for name in key:
        if name not in names:
            raise TableError(f"no column {name!r} to be in the key; there are {', '.join(names)}")
        if list(key).count(name) > 1:
            raise TableError(f"the key names the column {name!r} twice")


# C) the rows


async def _load(
    connection: AsyncConnection, declared: DataTable, path: Path, report: TableReport, progress: Progress
) -> None:
    table = stored_table(declared)
    await create_table(connection, table)
    with closing(_batches(path, declared, report)) as batches:
        for batch in batches:
            repeated = await insert_rows(connection, table, report.row_count + 1, batch.rows)
            for position in sorted(repeated):
                message = "has the same key as a line before"
                report.leave_out([RowProblem(batch.lines[position], None, message)])
            report.row_count += len(batch.rows) - len(repeated)
            progress(path, batch.bytes_read)
    report.problems.sort(key=lambda problem: problem.line)


@dataclass
class _Batch:
    """Rows to be inserted together, the line of each, and how much of the file was read by then."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    bytes_read: int = 0  # in both passes


def _batches(path: Path, declared: DataTable, report: TableReport) -> Generator[_Batch, None, None]:
    with _reading(path) as reader:
        if isinstance(reader, _Csv) and reader.names != [column.name for column in declared.columns]:
            raise TableError(f"{path} was changed while it was read")
        batch, begun_at, file_bytes = _Batch(), 0, path.stat().st_size
        max_rows = max(1, BATCH_CELLS // len(declared.columns))
        for line, content in reader.rows():
            row, problems = _row(line, content, declared, reader)
            if problems:
                report.leave_out(problems)
                continue
            batch.rows.append(row)
            batch.lines.append(line)
            if len(batch.rows) >= max_rows or reader.stream.tell() - begun_at >= BATCH_BYTES:
                batch.bytes_read = file_bytes + reader.bytes_read()
                yield batch
                batch, begun_at = _Batch(), reader.stream.tell()
        batch.bytes_read = file_bytes + reader.bytes_read()
        yield batch


def _row(
    line: int, content: _Content, declared: DataTable, reader: _Reader
) -> tuple[dict[str, Any], Sequence[RowProblem]]:
    if isinstance(content, _Fault):
        return {}, [RowProblem(line, None, content.message)]
    row: dict[str, Any] = {}
    problems = []
    for column in declared.columns:
        value = content.get(column.name)
        if value is None:
            row[column.sql_name] = None
        elif column.type == TEXT or reader.kind_of(value) in FITTING[column.type]:
            row[column.sql_name] = VALUES[column.type](reader.text_of(value))
        else:
            problems.append(RowProblem(line, column.name, misfit(column.type, reader.text_of(value))))
    return row, problems or _key_problems(line, row, declared)


def _key_problems(line: int, row: Mapping[str, Any], declared: DataTable) -> list[RowProblem]:
    if not declared.key:
        return []
    values = {column.name: row[column.sql_name] for column in declared.columns if column.name in declared.key}
    missing = [name for name, value in values.items() if value is None]
    if missing:
        return [RowProblem(line, name, "must not be empty, it is in the key") for name in missing]
    if sum(len(value.encode()) for value in values.values() if isinstance(value, str)) > MAX_KEY_BYTES:
        return [RowProblem(line, None, f"has a key of more than {MAX_KEY_BYTES} bytes")]
    return []


# The files


class _Fault(NamedTuple):
    message: str


_Content = Mapping[str, Any] | _Fault


class _Reader(Protocol):
    """One open file: the names it gives its columns beforehand, its rows, and how to take their values."""

    names: Sequence[str]
    stream: IO[bytes]

    def rows(self) -> Iterator[tuple[int, _Content]]: ...
    def kind_of(self, value: Any, /) -> str: ...
    def text_of(self, value: Any, /) -> str: ...
    def bytes_read(self) -> int: ...


@contextmanager
def _reading(path: Path) -> Iterator[_Reader]:
    suffixes = path.name.lower().removesuffix(".gz")
    try:
        with path.open("rb") as raw:
            is_packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream: Any = gzip.GzipFile(fileobj=raw) if is_packed else raw
            if suffixes.endswith((".jsonl", ".ndjson")):
                yield _JsonLines(stream, raw)
            elif suffixes.endswith(".csv"):
                yield _Csv(stream, raw)
            else:
                raise TableError(f"{path} must be named .csv, .jsonl or .ndjson, or so with .gz")
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(f"{path} cannot be read: {error}") from error


class _File:
    def __init__(self, stream: IO[bytes], raw: IO[bytes]) -> None:
        self.stream = stream
        self._raw = raw

    def bytes_read(self) -> int:
        """How far the file was read, packed as it is."""
        return self._raw.tell()


class _JsonLines(_File):
    names: Sequence[str] = ()
    kind_of = staticmethod(kind_of_json)
    text_of = staticmethod(text_of_json)

    def rows(self) -> Iterator[tuple[int, _Content]]:
        for line, text in enumerate(self.stream, start=1):
            value = text.removeprefix(b"\xef\xbb\xbf").strip() if line == 1 else text.strip()
            if value:
                yield line, _json_object(value)


def _json_object(text: bytes) -> _Content:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return _Fault(f"is not JSON: {error}")
    return value if isinstance(value, dict) else _Fault("must be a JSON object")


class _Csv(_File):
    kind_of = staticmethod(kind_of_text)
    text_of = staticmethod(str)

    def __init__(self, stream: IO[bytes], raw: IO[bytes]) -> None:
        super().__init__(stream, raw)
        self._lines = _Lines(stream)
        self._records = csv.reader(self._lines, strict=True)
        self.names: Sequence[str] = self._header()

    def _header(self) -> list[str]:
        line, cells = next(self._cells(), (1, _Fault("is missing: the file is empty")))
        if isinstance(cells, _Fault):
            raise TableError(f"the header, line {line}, {cells.message}")
        _check_count(cells)
        _check_names(cells, "column {} of the header")
        repeated = [name for name, count in Counter(cells).items() if count > 1]
        if repeated:
            raise TableError(f"the header names {', '.join(map(repr, repeated))} more than once")
        if len(cells) == 1 and (";" in cells[0] or "\t" in cells[0]):
            raise TableError(f"the header is the one name {cells[0]!r}: cells must be separated by commas")
        return cells

    def rows(self) -> Iterator[tuple[int, _Content]]:
        names, width = self.names, len(self.names)
        for line, cells in self._cells():
            if isinstance(cells, _Fault):
                yield line, cells
            elif len(cells) != width:
                yield line, _Fault(f"must have {width} cells, got {len(cells)}")
            else:
                yield line, {name: cell or None for name, cell in zip(names, cells, strict=True)}

    def _cells(self) -> Iterator[tuple[int, list[str] | _Fault]]:
        """The cells of each record, with the line it begins in; blank lines are none."""
        lines = self._lines
        while True:
            first = lines.begun()
            try:
                cells = next(self._records)
            except StopIteration:
                return
            except csv.Error as error:
                lines.take_back()  # a quote that is never closed costs its own line, not all that follow
                yield first, _Fault(f"is not CSV: {error}")
                continue
            if lines.is_damaged():
                yield first, _Fault("is not UTF-8")
            elif cells:
                yield first, cells


class _Lines:
    """The lines of a file as text, to be had again from the second one of the current record on."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._next_line = 1
        self._taken: list[tuple[str, bool]] = []  # of the current record: text, and whether it is not UTF-8
        self._again: deque[tuple[str, bool]] = deque()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._read()
        self._taken.append(line)
        self._next_line += 1
        return line[0]

    def _read(self) -> tuple[str, bool]:
        text = self._stream.readline()
        if not text:
            raise StopIteration
        if self._next_line == 1:
            text = text.removeprefix(b"\xef\xbb\xbf")
        try:
            return text.decode(), False
        except UnicodeDecodeError:
            return text.decode(errors="replace"), True

    def begun(self) -> int:
        """Begin a record; the number of its first line."""
        self._taken.clear()
        return self._next_line

    def take_back(self) -> None:
        """Give all lines of the record again but the first."""
        again = self._taken[1:]
        self._again.extendleft(reversed(again))
        self._next_line -= len(again)

    def is_damaged(self) -> bool:
        """Whether a line of the record is not UTF-8."""
        return any(is_damaged for _text, is_damaged in self._taken)
