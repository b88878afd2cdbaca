"""Ids sort by time and have the documented shapes."""

import re
import time

import pytest

from calltrace.kit import ids


def test_a_uuid7_has_its_version_and_variant_and_sorts_by_time() -> None:
    made: list[str] = []
    for _ in range(5):
        made.append(str(ids.uuid7()))
        time.sleep(0.002)
    assert made == sorted(made)
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one)
        for one in made
    )


@pytest.mark.accepts("CT-113")
def test_ct_113_a_delivery_id_is_whd_and_26_lower_case_characters() -> None:
    made = {ids.delivery_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"whd_[0-9a-hjkmnp-tv-z]{26}", one) for one in made)


def test_only_the_usual_spelling_is_a_uuid() -> None:
    good = ids.uuid7()
    assert ids.as_uuid(str(good)) == good
    assert ids.as_uuid(str(good).upper()) == good
    for bad in ("", "x", good.hex, "{" + str(good) + "}", "urn:uuid:" + str(good)):
        assert ids.as_uuid(bad) is None
