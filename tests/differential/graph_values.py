"""What operations over the graph are asked with: ids, cursors, words and moments that occur in its rows."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLArgument

from tests.differential.arguments import Place, Values
from tests.differential.graph_world import ORGANIZATIONS, RECORDS, WORDS, Organization


class GraphValues(Values):
    """Values that the rows of the graph answer to: ids, cursors, words and moments that occur in them."""

    organization: Organization = ORGANIZATIONS[0]
    mutates = False  # the rows are shared by all operations; tests/test_both_ways.py has the graph's mutations
    seldom = frozenset({"_service"})  # the whole schema, printed anew each time

    def chosen(self, place: Place, arguments: dict[str, GraphQLArgument]) -> list[str]:
        """Mostly a page such as clients ask for, seldom one that is refused."""
        if "after" not in arguments:
            return super().chosen(place, arguments)
        pages = (("first",), ("first",), ("first",), ("first", "after"), ("last",), ("last", "before"), ())
        given = ["first", "last"] if self.random.random() < 0.02 else list(self.random.choice(pages))
        given += [name for name in ("filter", "orderBy") if name in arguments and self.random.random() < 0.25]
        if self.random.random() < 0.02:
            given.append("after" if "after" not in given else "before")
        self.random.shuffle(given)
        return given

    def scalar(self, name: str, place: Place) -> Any:
        """A value that fits the name of the argument as well as its type."""
        last = place[-1]
        if last in ("first", "last"):
            return self.random.choice((0, -1, 100_000)) if self.random.random() < 0.02 else self.random.randint(1, 5)
        if last in ("after", "before"):
            return self.random.choice(("", "no cursor", "AAAAAAAAAAAAAAAAW10"))
        if last == "externalId":
            return str(self.random.randrange(6))
        if name == "DateTime":
            return self._moment()
        if name == "_Any":
            return self._representation()
        if name == "ID":
            return self._id(self.random.choice(list(RECORDS.values()))[0] if last != "id" else self._kind_of(place))
        if name == "Int":
            return self.random.randrange(4)
        if name == "String":
            return (
                f"{self.random.choice(WORDS)} {self.organization.marker}"
                if self.random.random() < 0.4
                else self.random.choice(WORDS)
            )
        return super().scalar(name, place)

    def _kind_of(self, place: Place) -> str:
        """The kind of record that a field such as `Query.chart` is named for."""
        noun = place[0].rpartition(".")[2].upper()
        kinds = [kind for kind, _count in RECORDS.values()]
        return noun if noun in kinds and self.random.random() < 0.9 else self.random.choice(kinds)

    def _id(self, kind: str) -> str:
        chance = self.random.random()
        if chance < 0.04:
            return self.random.choice(("", "garbage", "W", "Wäöü", "H" + "-" * 22, "1"))
        if chance < 0.08:
            return self.organization.record_id(kind, 1_000)
        if chance < 0.12:
            return next(one for one in ORGANIZATIONS if one != self.organization).record_id(kind, 0)
        return self.organization.record_id(kind, self.random.randrange(5))

    def _representation(self) -> Any:
        kind = self.random.choice(list(dict.fromkeys(kind for kind, _count in RECORDS.values())))
        good = {"__typename": kind.capitalize(), "id": self._id(kind)}
        bad: tuple[Any, ...] = (
            {"__typename": kind.capitalize()}, {"id": "1"}, {"__typename": "SourceInfo", "id": "1"}, "text", 7,
            {"__typename": "Nothing", "id": "1"}, {"__typename": "Chart", "id": 5}, {"__typename": None, "id": "1"},
        )  # fmt: skip
        return self.random.choice(bad) if self.random.random() < 0.12 else good

    def _moment(self) -> str:
        day = f"2026-01-0{self.random.randrange(1, 6)}"
        return self.random.choice((f"{day}T00:00:00Z", day, f"{day}T02:00:00+02:00", f"{day}T00:00:00.120000"))
