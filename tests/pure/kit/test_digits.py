import pytest

from calltrace.kit.digits import whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("999999999", 999_999_999)])
def test_digits_are_a_number(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "+1", "-1", "1.0", "1_0", "²", "①", "٣", "1234567890", "9" * 5000]
)
def test_anything_else_is_none(text: str) -> None:
    assert whole_number(text) is None


def test_how_many_digits_are_meant_is_the_callers_to_say() -> None:
    assert whole_number("1234567890123", 13) == 1_234_567_890_123
    assert whole_number("123", 2) is None
