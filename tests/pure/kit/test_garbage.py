"""What lives for ever is not looked through again and again."""

import gc
import subprocess
import sys

import pytest

from calltrace.kit.garbage import uncollected


def test_collection_is_as_it_was_also_after_a_failure() -> None:
    with pytest.raises(ValueError, match="collecting: False"), uncollected():
        raise ValueError(f"collecting: {gc.isenabled()}")
    assert gc.isenabled()


def test_within_one_another_the_outer_one_decides() -> None:
    with uncollected():
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_was_there_is_not_looked_through_and_what_comes_later_is_collected() -> None:
    said = """
import gc, weakref
from calltrace.kit.garbage import keep_all
class Ring: pass
def ring():
    made = Ring(); made.itself = made
    return weakref.ref(made)
keep_all()
late, walked = ring(), len(gc.get_objects())
gc.collect()
print(gc.get_freeze_count() > 1_000, walked < 100, late() is None)
"""
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True"]
