"""rest/merge.py: partial documents of one record become one, whatever the order in which they come."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from rest.merge import DELETED, Merged, merge

SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from((0.0, -0.0, 1.0, 0.5)) | st.text("ab", max_size=2)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("xy"), inner, max_size=2)
)
NAMES = st.sampled_from(("id", "name", "status", "settings", DELETED))
# Few moments, so that documents of the same one are common.
DOCUMENTS = st.lists(st.tuples(st.dictionaries(NAMES, VALUES), st.integers(0, 4)), max_size=6)


def taken(*documents: tuple[dict[str, Any], int]) -> Merged:
    merged = Merged()
    for document, at in documents:
        merge(merged, deepcopy(document), at)
    return merged


def as_text(merged: Merged) -> bytes:
    """Everything there is, as JSON text: Python takes 1, 1.0 and True for equal."""
    whole = {"document": merged.document, "times": merged.times, "as_of": merged.as_of}
    return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)


@given(DOCUMENTS, st.data())
def test_the_order_of_documents_does_not_matter(
    documents: list[tuple[dict[str, Any], int]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(documents))

    assert as_text(taken(*shuffled)) == as_text(taken(*documents))


@given(DOCUMENTS)
def test_merging_the_same_documents_again_changes_nothing(documents: list[tuple[dict[str, Any], int]]) -> None:
    merged = taken(*documents)
    before = as_text(merged)

    changes = [merge(merged, deepcopy(document), at) for document, at in documents]

    assert not any(changes)
    assert as_text(merged) == before


@given(DOCUMENTS)
def test_whether_a_document_changed_anything_is_told(documents: list[tuple[dict[str, Any], int]]) -> None:
    merged = Merged()
    for document, at in documents:
        before = orjson.dumps(merged.document, option=orjson.OPT_SORT_KEYS)
        changed = merge(merged, deepcopy(document), at)
        assert changed == (orjson.dumps(merged.document, option=orjson.OPT_SORT_KEYS) != before)


@given(DOCUMENTS)
def test_the_documents_taken_in_are_never_changed(documents: list[tuple[dict[str, Any], int]]) -> None:
    given_documents = deepcopy(documents)
    merged = Merged()

    for document, at in given_documents:
        merge(merged, document, at)

    assert given_documents == documents


@given(DOCUMENTS)
def test_each_field_has_the_value_and_time_of_the_newest_document_that_named_it(
    documents: list[tuple[dict[str, Any], int]],
) -> None:
    merged = taken(*documents)

    newest: dict[str, int] = {}
    for document, at in documents:
        newest |= {name: max(at, newest.get(name, 0)) for name in document}
    assert {name: merged.time_of(name) for name in merged.document} == newest
    assert merged.as_of == max((at for _document, at in documents), default=0)
    for name, moment in newest.items():
        said = [document[name] for document, at in documents if at == moment and name in document]
        assert orjson.dumps(merged.document[name]) in [orjson.dumps(value) for value in said]


def test_an_absent_field_keeps_what_is_stored_and_null_clears_it() -> None:
    merged = taken(({"id": "1", "name": "Desk", "status": "active"}, 10), ({"id": "1", "status": None}, 20))

    assert merged == Merged({"id": "1", "name": "Desk", "status": None}, times={"name": 10}, as_of=20)


def test_an_older_document_fills_in_only_what_no_newer_one_said() -> None:
    merged = taken(({"id": "1", "name": "new"}, 20), ({"id": "1", "name": "old", "status": "active"}, 10))

    assert merged == Merged({"id": "1", "name": "new", "status": "active"}, times={"status": 10}, as_of=20)


def test_what_is_only_mentioned_gives_way_to_every_document() -> None:
    merged = taken(({"id": "1", "$workspace": "w"}, 0), ({"id": "1", "$workspace": "v"}, 1))

    assert merged == Merged({"id": "1", "$workspace": "v"}, as_of=1)
    assert taken(({"id": "1"}, 0)) == Merged({"id": "1"}, as_of=0)


def test_a_deleted_record_is_deleted_until_a_later_document_speaks_of_it() -> None:
    document, deletion = {"id": "1", "name": "Desk"}, {DELETED: True}

    assert not taken((document, 10)).is_deleted
    assert taken((document, 10), (deletion, 20)).is_deleted
    assert taken((document, 20), (deletion, 20)).is_deleted  # of one moment, the deletion counts
    assert not taken((document, 10), (deletion, 20), (document, 30)).is_deleted
    assert taken((document, 10), (deletion, 20), (document, 30), (deletion, 40)).is_deleted


def test_the_last_deletion_is_remembered_after_a_later_document() -> None:
    merged = taken(({"id": "1"}, 10), ({DELETED: True}, 20), ({"id": "1"}, 30))

    assert (merged.deleted_at, merged.last_said, merged.is_deleted) == (20, 30, False)
    assert taken(({"id": "1"}, 10)).deleted_at == 0


def test_a_whole_number_that_becomes_true_is_a_change() -> None:
    merged = taken(({"settings": {"retries": 1}}, 10))

    assert merge(merged, {"settings": {"retries": True}}, 20)
    assert merged.document["settings"]["retries"] is True
