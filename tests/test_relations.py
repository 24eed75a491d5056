"""The number of statements does not grow with the number of parents: for the whole cross-system query."""

from __future__ import annotations

from tests.conftest import Graph, Importer, fleet

CROSS_SYSTEM = """
query ($first: Int!) {
  workspaces(first: $first) {
    nodes {
      name
      agents { nodes { name } }
      computers { nodes { name } }
      charts { nodes { title } }
      sessions { nodes { title messages(first: 2) { nodes { content } } } }
    }
  }
}
"""


async def test_the_cross_system_query_takes_as_many_statements_over_1000_workspaces_as_over_10(
    graph: Graph, importer: Importer, statements: list[str]
) -> None:
    await importer.lines(*fleet(workspaces=1_000, each=2))
    graph.limits = type(graph.limits)(page_ceiling=1_000)

    counts = []
    for first in (10, 1_000):
        statements.clear()
        data = await graph.data(CROSS_SYSTEM, first=first)
        assert len(data["workspaces"]["nodes"]) == first
        assert all(len(node["sessions"]["nodes"][1]["messages"]["nodes"]) == 2 for node in data["workspaces"]["nodes"])
        counts.append(len(statements))

    assert counts == [6, 6]  # the workspaces and five relations
