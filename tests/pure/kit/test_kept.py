"""What is worked out once for each object."""

import gc
import weakref
from dataclasses import dataclass, replace

from calltrace.kit.kept import kept_with


@dataclass(frozen=True)
class Call:
    words: str


asked: list[str] = []


@kept_with
def length(call: Call) -> int:
    """How long it is."""
    asked.append(call.words)
    return len(call.words)


@kept_with
def shouted(call: Call) -> str:
    return call.words.upper()


def test_it_is_worked_out_once_for_each_object_and_each_function() -> None:
    asked.clear()
    one, other = Call("hello"), Call("goodbye")
    assert [length(one), length(other), length(one), shouted(one)] == [5, 7, 5, "HELLO"]
    assert asked == ["hello", "goodbye"]


def test_a_changed_copy_is_another_object() -> None:
    one = Call("hello")
    assert length(one) == 5
    assert length(replace(one, words="hi")) == 2


def test_it_is_forgotten_with_its_object_and_changes_nothing_of_it() -> None:
    one = Call("hello")
    assert length(one) == 5
    assert one == Call("hello")
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None


def test_the_function_keeps_its_name_and_its_words() -> None:
    assert length.__name__ == "length"
    assert length.__doc__ == "How long it is."
