"""GraphiQL in a real browser: sign in by the printed address, run the query that is there, see the answer.

Drives Chromium over its debugging protocol, with the WebSocket client that uvicorn brings. Skipped where there is none.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import websockets

from tests.test_cli import address_of, code_of, serving

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SCREENSHOT = os.environ.get("TEST_SCREENSHOT")  # a file to keep a picture in
PATIENCE_SECONDS = 60

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome is installed")


@contextmanager
def chromium(folder: Path) -> Iterator[str]:
    """A headless browser; the address at which it takes commands, which it writes into a file when it is ready."""
    flags = (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--window-size=1400,900",
    )
    command = [str(CHROMIUM), *flags, "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        try:
            end, file = time.monotonic() + PATIENCE_SECONDS, folder / "DevToolsActivePort"
            while not (file.exists() and file.read_text().count("\n")):
                assert time.monotonic() < end
                time.sleep(0.05)
            port, path = file.read_text().splitlines()
            yield f"ws://127.0.0.1:{port}{path}"
        finally:
            process.terminate()
            process.wait(timeout=20)


@dataclass
class Tab:
    """A tab of the browser, and what it has told of its own accord."""

    connection: Any
    session_id: str = ""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    events: list[dict[str, Any]] = field(default_factory=list)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a command."""
        number = next(self.numbers)
        sent = {"id": number, "method": method, "params": parameters}
        await self.connection.send(json.dumps(sent | ({"sessionId": self.session_id} if self.session_id else {})))
        while (message := json.loads(await self.connection.recv())).get("id") != number:
            self.events.append(message)
        assert "error" not in message, (method, message)
        result: dict[str, Any] = message["result"]
        return result

    async def value(self, script: str) -> Any:
        """What a script in the page makes."""
        return (await self.call("Runtime.evaluate", expression=script, returnByValue=True))["result"].get("value")

    async def until(self, script: str) -> Any:
        """What a script makes once that is something."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (found := await self.value(script)):  # noqa: ASYNC110  (a page has no event to wait for)
                await asyncio.sleep(0.1)
        return found

    def told(self, method: str) -> list[dict[str, Any]]:
        """What the browser has told so far under this name."""
        return [event["params"] for event in self.events if event.get("method") == method]


@asynccontextmanager
async def tab_of(commands: str) -> AsyncIterator[Tab]:
    """A tab in which the network and the console are watched."""
    async with websockets.connect(commands, max_size=None) as connection:
        tab = Tab(connection)
        target = (await tab.call("Target.createTarget", url="about:blank"))["targetId"]
        tab.session_id = (await tab.call("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            await tab.call(f"{domain}.enable")
        yield tab


RUN = "document.querySelector('.graphiql-execute-button')"
ANSWER = "document.querySelector('.result-window .CodeMirror')?.CodeMirror.getValue()"


async def test_the_printed_address_signs_in_and_the_query_that_is_there_runs(tmp_path: Path) -> None:
    with serving(tmp_path, "--port", "0") as lines, chromium(tmp_path / "profile") as commands:
        address = address_of(lines)
        async with tab_of(commands) as tab:
            await tab.call("Page.navigate", url=f"{address}/graphql")
            assert await tab.until("document.querySelector('h1')?.innerText") == "Not signed in"

            await tab.call("Page.navigate", url=code_of(lines))
            await tab.until(f"!!{RUN}")
            assert await tab.value("location.href") == f"{address}/graphql"
            assert await tab.value("document.cookie") == ""  # no script can read it
            await tab.value(f"{RUN}.click()")
            answer = json.loads(await tab.until(f"({ANSWER} || '').includes('}}') && {ANSWER}"))
            # The explorer and the documentation are made of the schema that the page has asked for.
            await tab.value("document.querySelector('[aria-label*=\"ocumentation\"]').click()")
            documented = await tab.until("document.querySelector('.graphiql-doc-explorer-content')?.innerText")
            await asyncio.sleep(1 if SCREENSHOT else 0)
            picture = await tab.call("Page.captureScreenshot", format="png") if SCREENSHOT else None

    if picture:
        Path(str(SCREENSHOT)).write_bytes(base64.b64decode(picture["data"]))  # noqa: ASYNC240  (nothing else runs)
    assert answer.keys() == {"data"}
    assert answer["data"]["workspaces"]["totalCount"] == 12
    nodes = answer["data"]["workspaces"]["nodes"]
    assert len(nodes) == 5
    assert nodes[0].keys() == {"name", "status", "systems", "agents", "computers", "charts", "sessions"}
    assert "Query" in documented
    asked = [request["request"]["url"] for request in tab.told("Network.requestWillBeSent")]
    assert len(asked) > 8
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    statuses = {(one["response"]["url"], one["response"]["status"]) for one in tab.told("Network.responseReceived")}
    assert {status for url, status in statuses if url != f"{address}/graphql"} <= {200, 303}
    problems = [one["entry"]["text"] for one in tab.told("Log.entryAdded") if one["entry"]["level"] == "error"]
    assert [text for text in problems if "401" not in text] == []  # the page of who is not signed in yet
    assert tab.told("Runtime.exceptionThrown") == []
