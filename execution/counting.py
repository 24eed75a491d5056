"""Stage: counting. How many fields and aliases an operation has, and how deep, once its fragments are spread.

Equal fields count once, as they are answered once. Counting stops where a limit is passed, and what several places
lead to is counted once for all of them, so that it takes time by the length of the document, not by its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graphql import FragmentDefinitionNode, FragmentSpreadNode, OperationDefinitionNode, SelectionSetNode

from execution.limits import ALIASES, DEPTH, ROOT_FIELDS, SELECTIONS, DocumentLimits
from execution.merging import Key, Merging, Source, WorkExceeded, apart, key_of

WORK = 10  # times the limit on selections: how many may be looked at to merge them


@dataclass(frozen=True)
class Counts:
    """What stands at a place of the document and below it."""

    selections: int = 0
    aliases: int = 0
    depth: int = 0


@dataclass(eq=False)
class Counting:
    """Counts the operations of one document."""

    merging: Merging
    limits: DocumentLimits
    _known: dict[Key, Counts] = field(default_factory=dict)

    def check(self, operation: OperationDefinitionNode) -> None:
        """Raises LimitError where the operation passes a limit."""
        try:
            sources = self.merging.root(operation)
            ROOT_FIELDS.check(len(self.merging.fields(sources)), self.limits)
            self._counts(sources, 0)
        except WorkExceeded:
            SELECTIONS.check(self.limits.document_selections * WORK, self.limits)

    def _counts(self, sources: Sequence[Source], above: int) -> Counts:
        """What these selection sets hold, with `above` fields above them."""
        key = key_of(sources)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._counted(sources, above)
        DEPTH.check(above + known.depth, self.limits)
        return known

    def _counted(self, sources: Sequence[Source], above: int) -> Counts:
        DEPTH.check(above + 1, self.limits)
        selections = aliases = deepest = 0
        for occurrences in self.merging.fields(sources).values():
            for part in apart(occurrences):
                selections += 1
                aliases += any(node.alias for _parent, node in part)
                below = self.merging.below(part)
                if below:
                    inner = self._counts(below, above + 1)
                    selections += inner.selections
                    aliases += inner.aliases
                    deepest = max(deepest, inner.depth)
            SELECTIONS.check(selections, self.limits)
            ALIASES.check(aliases, self.limits)
        return Counts(selections, aliases, deepest + 1)


def is_circular(fragments: Mapping[str, FragmentDefinitionNode]) -> bool:
    """Whether a fragment spreads itself, through whichever others."""
    spreads = {name: _spreads(fragment.selection_set) & fragments.keys() for name, fragment in fragments.items()}
    spread_by = dict.fromkeys(spreads, 0)
    for names in spreads.values():
        for name in names:
            spread_by[name] += 1
    free = [name for name, count in spread_by.items() if not count]
    for name in free:  # which grows meanwhile
        for other in spreads[name]:
            spread_by[other] -= 1
            if not spread_by[other]:
                free.append(other)
    return len(free) < len(spreads)


def _spreads(first: SelectionSetNode) -> set[str]:
    waiting, found = [first], set()
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FragmentSpreadNode):
                found.add(selection.name.value)
            elif inner := getattr(selection, "selection_set", None):
                waiting.append(inner)
    return found
