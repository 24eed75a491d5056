"""Two fuzzers by others: schemathesis against the served endpoint, and atheris on the reading of requests.

`python -m bench.fuzz.others schemathesis` and `python -m bench.fuzz.others atheris [SECONDS]`, with the extra `fuzz`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.data import new_sqlite
from bench.fuzz.serving import Served
from bench.servers import ROOT
from errors import GatewayError

EXAMPLES = 60  # of each field at the root
SEEDS = (
    b'{"query":"query($id: ID!) { node(id: $id) { id } }","variables":{"id":"x"},"operationName":null}',
    b'{"query":"{ workspaces(first: 5) { nodes { ...F @skip(if: false) } } } fragment F on Workspace { id }"}',
    b"query=%7B%20viewer%20%7B%20email%20%7D%20%7D&variables=%7B%7D",
)


def schemathesis() -> int:
    """Its own examples for each field at the root; it fails for an answer that is not as it must be. Its exit code."""
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or "schemathesis"
    with tempfile.TemporaryDirectory() as folder, Served(new_sqlite(Path(folder)), Path(folder)) as served:
        command = [
            program, "run", f"http://{served.host}/graphql", "--header", f"Authorization: Bearer {served.token}",
            "--checks", "as_it_must_be", "--phases", "fuzzing", "--max-examples", str(EXAMPLES), "--seed", "1",
            "--workers", "2", "--no-color",
        ]  # fmt: skip
        hooked = {**os.environ, "SCHEMATHESIS_HOOKS": "bench.fuzz.hooks", "PYTHONPATH": os.pathsep.join(sys.path)}
        code = subprocess.run(command, check=False, cwd=ROOT, env=hooked).returncode  # noqa: S603
        print(f"memory afterwards: {served.memory_mb():.0f} MB; odd lines of the log: {served.faults()}")
        return code


def atheris(seconds: int) -> None:
    """Bytes, changed by what they reach, as a body, an address and a document: a GatewayError or none."""
    import atheris as fuzzer  # noqa: PLC0415  it is not installed with the rest

    with fuzzer.instrument_imports(include=["web", "execution", "graphql.language"]):
        from graphql import GraphQLError  # noqa: PLC0415  only what is imported here is watched

        from execution.documents import Documents  # noqa: PLC0415
        from schema.build import build_schema  # noqa: PLC0415
        from web.reading import asked_of, asked_of_address, json_of  # noqa: PLC0415

    schema, documents = build_schema()._schema, Documents()

    def take(data: bytes) -> None:
        for read in (lambda: asked_of(json_of(data)), lambda: asked_of_address(data)):
            try:
                asked = read()
                documents.of(schema, asked.text)
            except (GatewayError, GraphQLError):
                continue

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(SEEDS):
            (Path(folder) / str(number)).write_bytes(seed)
        fuzzer.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=4096", "-seed=1", folder], take)
        fuzzer.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["schemathesis"]:
        sys.exit(schemathesis())
    atheris(int(sys.argv[2]) if len(sys.argv) > 2 else 60)
