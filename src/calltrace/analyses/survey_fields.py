"""What is told of a survey beside its answers: the API and files alike."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from calltrace.analyses.surveys import About, Answered
from calltrace.kit.moments import iso_moment

State = Literal["completed", "partial", "notStarted"]
MOST_SCORE = 1_000_000
Reason = Literal["allAnswered", "hangUp", "timeout"]


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("NUL is no text.")
    return text


ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_storable)]
Score = Annotated[float, Field(ge=-MOST_SCORE, le=MOST_SCORE)]
Count = Annotated[int, Field(ge=0, le=10_000)]


def stored(word: str | None) -> str | None:
    """A word of the native contract as it is stored: ``notStarted`` is ``NotStarted``."""
    return word[0].upper() + word[1:] if word else None


def shown(word: str | None) -> str | None:
    """The reverse."""
    return word[0].lower() + word[1:] if word else None


class SurveyFields(BaseModel):
    """Beside the answers; the call is named in one of three ways."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, allow_inf_nan=False)
    external_id: ExternalId | None = Field(None, description="Your own identifier.", examples=["survey-1"])
    call_id: uuid.UUID | None = Field(None, strict=False, description="A call (analysis).", examples=[None])
    conversation_id: uuid.UUID | None = Field(
        None, strict=False, description="Or a chat or voice call.", examples=[None]
    )
    call_external_id: ExternalId | None = Field(
        None, description="Or either, by your own identifier.", examples=["crm-call-123"]
    )
    state: State | None = None
    completion_reason: Reason | None = None
    total_questions: Count | None = None
    questions_answered: Count | None = None
    score: Score | None = None
    answered_at: Annotated[AwareDatetime, BeforeValidator(iso_moment)] | None = None

    @model_validator(mode="after")
    def _one_call(self) -> "SurveyFields":
        if sum(one is not None for one in (self.call_id, self.conversation_id, self.call_external_id)) != 1:
            raise ValueError("Give exactly one of callId, conversationId and callExternalId.")
        return self

    def told(self, responses: Sequence[dict[str, Any]]) -> Answered:
        """As the service takes it."""
        return Answered(
            About(self.call_id, self.conversation_id, self.call_external_id), self.external_id,
            stored(self.state), stored(self.completion_reason), self.total_questions, self.questions_answered,
            self.score, responses, self.answered_at,
        )  # fmt: skip
