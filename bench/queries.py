"""The five queries: their GraphQL, what PostGraphile calls the same, and which data each asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

POINTS = 40  # how many workspaces the point query asks for in turn


@dataclass(frozen=True)
class Query:
    """One query. `postgraphile` asks the same data in the names that PostGraphile derives from the tables."""

    name: str
    title: str
    graphql: str
    postgraphile: str
    variables: tuple[Mapping[str, Any], ...] = field(default=({},))


POINT = """\
query Point($id: ID!) {
  workspace(id: $id) { id name description status isArchived createdAt updatedAt lastActiveAt }
}"""
PAGE = """\
query Page {
  workspaces(first: 50) {
    nodes {
      id name status createdAt
      agents { nodes { id name status } }
      computers { nodes { id name os status } }
      charts { nodes { id title position createdBy { id email firstName lastName } } }
    }
  }
}"""
LIST = """\
query List($first: Int!) {
  computers(first: $first) { nodes { id name os ram cpu gpu diskSizeGb status hostname createdAt } }
}"""
DEEP = """\
query Deep {
  workspaces(first: 20) {
    nodes {
      id name
      sessions {
        nodes {
          id title createdAt
          agent { id name status }
          messages(first: 10) { nodes { id role content createdAt } }
        }
      }
    }
  }
}"""
BACK = """\
query Back {
  workspaces(first: 200) {
    nodes { id name computers { nodes { id name status workspace { id name status } } } }
  }
}"""

POINT_OF_TABLES = """\
query Point($id: String!) {
  workspace: ownWorkspace(id: $id) { id: rowId name description status isArchived createdAt updatedAt lastActiveAt }
}"""
PAGE_OF_TABLES = """\
query Page {
  workspaces: allWorkspaces(first: 50, orderBy: [CREATED_AT_DESC]) {
    nodes {
      id: rowId name status createdAt
      agents: workspaceAgents { nodes { agent { id: rowId name status } } }
      computers(orderBy: [CREATED_AT_ASC]) { nodes { id: rowId name os status } }
      charts(orderBy: [POSITION_ASC]) {
        nodes { id: rowId title position createdBy { id: rowId email firstName lastName } }
      }
    }
  }
}"""
LIST_OF_TABLES = """\
query List($first: Int!) {
  computers: allComputers(first: $first, orderBy: [CREATED_AT_ASC]) {
    nodes { id: rowId name os ram cpu gpu diskSizeGb status hostname createdAt }
  }
}"""
DEEP_OF_TABLES = """\
query Deep {
  workspaces: allWorkspaces(first: 20, orderBy: [CREATED_AT_DESC]) {
    nodes {
      id: rowId name
      sessions(orderBy: [CREATED_AT_DESC]) {
        nodes {
          id: rowId title createdAt
          agent { id: rowId name status }
          messages(first: 10, orderBy: [CREATED_AT_ASC]) { nodes { id: rowId role content createdAt } }
        }
      }
    }
  }
}"""
BACK_OF_TABLES = """\
query Back {
  workspaces: allWorkspaces(first: 200, orderBy: [CREATED_AT_DESC]) {
    nodes {
      id: rowId name
      computers(orderBy: [CREATED_AT_ASC]) { nodes { id: rowId name status workspace { id: rowId name status } } }
    }
  }
}"""


def queries(workspace_ids: Sequence[str], list_rows: int = 5_000) -> tuple[Query, ...]:
    """The five queries, the point query for workspaces all over the table."""
    step = max(1, len(workspace_ids) // POINTS)
    points = tuple({"id": one} for one in workspace_ids[::step][:POINTS])
    return (
        Query("point", "one workspace by its id", POINT, POINT_OF_TABLES, points),
        Query("page", "50 workspaces with agents, computers, charts and authors", PAGE, PAGE_OF_TABLES),
        Query("list", f"{list_rows:,} computers", LIST, LIST_OF_TABLES, ({"first": list_rows},)),
        Query("deep", "20 workspaces, their sessions, 10 messages of each", DEEP, DEEP_OF_TABLES),
        Query("back", "200 workspaces, their computers, and back", BACK, BACK_OF_TABLES),
    )


def bodies(query: Query, dialect: str) -> list[bytes]:
    """The requests that ask the query of a server that speaks `graphql`, `postgraphile` or `floor`."""
    text = {"graphql": query.graphql, "postgraphile": query.postgraphile, "floor": query.name}[dialect]
    return [orjson.dumps({"query": text, "variables": variables}) for variables in query.variables]
