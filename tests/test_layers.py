"""Calls follow the arrow HTTP -> gateway -> schema -> resolvers -> db, rest/ feeds db/, and nothing turns back."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# What each layer may import of the others.
MAY_IMPORT = {
    "cli": {"cli_tables", "cli_tokens", "db", "errors", "gateway", "resolvers", "rest", "schema", "settings", "web"},
    "cli_tables": {"db", "errors", "settings"},
    "cli_tokens": {"cli_tables", "db", "resolvers", "settings"},
    "gateway": {
        "cli",
        "db",
        "errors",
        "execution",
        "resolvers",
        "rest",  # whose writer it hands to requests
        "schema",
        "settings",
        "web",
    },  # cli: `python gateway.py` is the command
    "web": {"db", "errors", "execution", "operations", "resolvers", "settings"},
    "execution": {"errors"},  # it is handed the schema
    "schema": {"db", "errors", "operations", "resolvers"},
    "resolvers": {"db", "errors", "operations"},
    "rest": {"db", "errors", "operations"},
    "operations": {"db", "errors"},  # what can be done, as models: all that schema/ and rest/ share
    "db": {"errors"},
    "errors": set(),
    "settings": set(),
}
FILES = sorted(
    path
    for layer in MAY_IMPORT
    for path in (ROOT / layer).rglob("*.py") or ()
) + [ROOT / f"{layer}.py" for layer in MAY_IMPORT if (ROOT / f"{layer}.py").exists()]  # fmt: skip


def imported_by(path: Path) -> set[str]:
    """The top-level names that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_from_layers_to_its_right(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert (imported_by(path) & set(MAY_IMPORT)) - {layer} <= MAY_IMPORT[layer]


def test_schema_files_reach_the_database_only_for_names_of_tables_and_ids() -> None:
    statements = {"select", "insert", "update", "delete", "text"}
    for path in sorted((ROOT / "schema").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sqlalchemy"):
                assert statements.isdisjoint(alias.name for alias in node.names), path
