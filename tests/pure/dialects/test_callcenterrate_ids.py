"""Cuid-shaped ids: one for each row and kind, and back."""

import re
import uuid
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calltrace.dialects.callcenterrate import ids
from calltrace.kit.ids import uuid7

KINDS = get_args(ids.Kind)
FORM = re.compile(r"c[0-9a-z]{24}")


def _uuid7(bits: int) -> uuid.UUID:
    value = (bits >> 74) << 80 | 7 << 76 | (bits >> 62 & 0xFFF) << 64 | 2 << 62 | bits & (1 << 62) - 1
    return uuid.UUID(int=value)


@pytest.mark.accepts("CR-024")
@given(st.integers(0, 2**122 - 1).map(_uuid7), st.sampled_from(KINDS))
def test_every_row_has_one_name_of_each_kind_and_it_leads_back(row: uuid.UUID, kind: ids.Kind) -> None:
    text = ids.encode(kind, row)
    assert FORM.fullmatch(text)
    assert [other for other in KINDS if ids.decode(other, text) is not None] == [kind]
    assert ids.decode(kind, text) == row


@pytest.mark.accepts("CR-024")
def test_ids_of_today_look_like_those_of_the_seed_and_sort_by_age() -> None:
    rows = [uuid.UUID("01987a00-0000-7000-8000-000000000000"), uuid7()]
    texts = [ids.encode("audio", row) for row in rows]
    assert texts == sorted(texts)
    assert all(text.startswith("ck") for text in texts)
    assert ids.encode("audio", rows[0]) == ids.encode("audio", rows[0]) != ids.encode("analysis", rows[0])


def test_the_mapping_never_changes() -> None:
    row = uuid.UUID("01987a00-1234-7abc-8def-0123456789ab")
    assert [ids.encode(kind, row) for kind in KINDS] == NAMES


NAMES = [f"ck7nggk1ay7nigj68ca7efs8{last}" for last in "cdef"]


@pytest.mark.parametrize(
    "text",
    ["", "c", "ck", "ckxxx...", "c" + "z" * 24, "C" + "0" * 24, "ck" + "0" * 24, "ck" + "0" * 22,
     "ck" + "é" * 23,
     "01987a00-1234-7abc-8def-0123456789ab", "ck" + "0" * 23 + "\n"],
)  # fmt: skip
def test_what_is_no_id_names_nothing(text: str) -> None:
    for kind in KINDS:
        found = ids.decode(kind, text)
        assert found is None or ids.encode(kind, found) == text


def test_a_delivery_gets_a_new_one_each_time() -> None:
    made = {ids.new_id() for _ in range(100)}
    assert len(made) == 100
    assert all(FORM.fullmatch(one) for one in made)


def test_other_uuids_have_no_name() -> None:
    with pytest.raises(ValueError, match="UUIDv7"):
        ids.encode("audio", uuid.uuid4())
