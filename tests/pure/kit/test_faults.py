"""What pydantic finds wrong, in words for people and as it is for programs."""

from typing import Any

import pytest
from markupsafe import escape
from pydantic import BaseModel, Field, ValidationError, model_validator

from calltrace.kit.faults import plain
from calltrace.kit.words import Words


class Order(BaseModel):
    name: str = Field(default="x", min_length=1, max_length=3)
    share: float = Field(default=1, gt=0, le=1.5)
    lines: list[int] = Field(default=[1], min_length=1)

    @model_validator(mode="after")
    def _rule(self) -> "Order":
        if self.name == "no":
            raise ValueError(Words("“%(name)s” is none.", name=self.name).where_programs_read("name is none"))
        if self.name == "bad":
            raise ValueError("The name is bad.")
        return self


CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "This is needed.", "String should have at least 1 character"),
    ({"name": "long"}, "At most 3 characters.", "String should have at most 3 characters"),
    (
        {"share": "much"},
        "Write a number.",
        "Input should be a valid number, unable to parse string as a number",
    ),
    ({"share": 0}, "More than 0.", "Input should be greater than 0"),
    ({"share": 2}, "At most 1.5.", "Input should be less than or equal to 1.5"),
    ({"lines": []}, "At least one is needed.", "List should have at least 1 item after validation, not 0"),
    ({"lines": "1"}, "A valid list.", "Input should be a valid list"),
    ({"name": "no"}, "“no” is none.", "name is none"),
    ({"name": "bad"}, "The name is bad.", "The name is bad."),
]


@pytest.mark.parametrize(("values", "shown", "read"), CASES)
def test_people_and_programs_are_told_the_same_in_their_words(
    values: dict[str, Any], shown: str, read: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        Order.model_validate(values)
    said = plain(caught.value.errors()[0])
    assert (str(escape(said)), said) == (shown, read)
