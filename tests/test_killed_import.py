"""An import that is killed leaves whole exchanges behind, and can be repeated to its end."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import ORGANIZATION_ID, Importer, exchange
from sqlalchemy import func, select
from test_intake import differences, dump, emptied

from db.computers import computers
from db.database import Database, lock_organization
from db.documents import answers, documents
from db.workspaces import workspaces

ROOT = Path(__file__).parent.parent
EXCHANGES = 2_000
PLACES, COMPUTERS = 2, 1  # workspaces of an exchange, and computers of each
KILLS = 10  # on each database
IMPORT = """
import asyncio, sys
from pathlib import Path
import rest.importing
from db.database import Database

async def main(url, organization_id, path):
    rest.importing.GROUP = 40  # more transactions to be killed in
    database = Database(url)
    print("begin", flush=True)
    async for entry in rest.importing.imported(database, organization_id, [Path(path)], rest.importing.Summary()):
        assert entry.outcome in ("kept", "unchanged"), entry
    await database.close()

asyncio.run(main(*sys.argv[1:]))
"""


def listing(number: int) -> dict[str, Any]:
    """A list of several workspaces, each with its computers: an exchange of many records."""
    items = [
        {
            "id": f"o{number}-{place}",
            "name": f"place {number}-{place}",
            "computers": [{"id": f"c{number}-{place}-{n}", "status": "running"} for n in range(COMPUTERS)],
        }
        for place in range(PLACES)
    ]
    return exchange("orgo", f"GET /api/workspaces?page={number}", {"workspaces": items})


async def counts(database: Database) -> dict[str, int]:
    tables = (workspaces, computers, documents, answers)
    return {
        table.name: (await database.rows(select(func.count()).select_from(table)))[0][0] for table in tables
    }  # fmt: skip


async def exchanges_in(database: Database) -> dict[str, int]:
    """How many records of each exchange are there: its workspaces, their rows and their computers."""
    found: dict[str, int] = {}
    for column in (documents.c.external_id, workspaces.c.name, computers.c.external_id):
        for row in await database.rows(select(column)):
            number = row[0].removeprefix("place ").strip("oc").partition("-")[0]
            found[number] = found.get(number, 0) + 1
    return found


async def begun(database: Database, path: Path) -> asyncio.subprocess.Process:
    """An import in a process of its own, once it has begun to read."""
    url = database.url.render_as_string(hide_password=False)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", IMPORT, url, ORGANIZATION_ID, str(path),
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"begin\n"
    return process


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "lists.jsonl"
    path.write_text("\n".join(json.dumps(listing(number)) for number in range(EXCHANGES)))
    return path


async def test_a_killed_import_leaves_whole_exchanges_and_can_be_repeated(
    importer: Importer, database: Database, recording: Path
) -> None:
    random, seen = Random(7), list[int]()
    for _kill in range(KILLS):
        process = await begun(database, recording)
        await asyncio.sleep(random.uniform(0.02, 0.45))
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL

        async with database.writing() as connection:  # a server may be about to commit what the dead process sent
            await lock_organization(connection, ORGANIZATION_ID)
        there = await exchanges_in(database)
        whole = PLACES * (1 + COMPUTERS) + PLACES + PLACES * COMPUTERS  # documents, workspaces, computers
        assert set(there.values()) <= {whole}
        assert await counts(database) == {
            "workspaces": len(there) * PLACES,
            "computers": len(there) * PLACES * COMPUTERS,
            "documents": len(there) * PLACES * (1 + COMPUTERS),
            "answers": len(there),
        }
        seen.append(len(there))
    assert seen == sorted(seen)
    assert seen[-1] > 0
    assert any(0 < number < EXCHANGES for number in seen)  # else nothing was killed in the middle

    entries = await importer.files(recording)
    assert {entry.outcome for entry in entries} <= {"kept", "unchanged"}
    repeated = await dump(database)

    await emptied(database)
    await importer.files(recording)
    assert differences(await dump(database), repeated) == {}
    assert len(await exchanges_in(database)) == EXCHANGES
