"""What can go wrong with a model server. Evaluation goes on without it; ``calltrace doctor`` shows these."""

from collections.abc import Mapping
from http import HTTPStatus

from calltrace.kit.errors import ProcessingError
from calltrace.kit.remote import Trouble


class ModelUnavailableError(ProcessingError):
    """It cannot be reached, is too slow or too busy, or failed: later it may work."""

    code = "llm_unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "The model server is not available"
    retryable = True


class ModelRefusedError(ProcessingError):
    """It will not do this, however often it is asked: most likely LLM_URL or LLM_MODEL is wrong."""

    code = "llm_refused"
    status = HTTPStatus.BAD_GATEWAY
    title = "The model server refused the request"


class ModelKeyRefusedError(ModelRefusedError):
    """It does not accept LLM_API_KEY."""

    code = "llm_unauthorized"
    title = "The model server refused the key"


class ModelUnreadableError(ModelRefusedError):
    """It answered something else than a chat completion: LLM_URL leads to another kind of server."""

    code = "llm_unreadable"
    title = "The model server gave an answer that cannot be read"


class OverBudgetError(ProcessingError):
    """The tokens that one call may cost (LLM_BUDGET_TOKENS) are used up."""

    code = "llm_over_budget"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "The token budget of this call is used up"


class OutOfTimeError(ProcessingError):
    """The time that a model may take for one call (LLM_CALL_SECONDS) is over."""

    code = "llm_out_of_time"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "The time for the model on this call is over"


ERRORS: Mapping[Trouble, type[ProcessingError]] = {
    "later": ModelUnavailableError,
    "refused": ModelRefusedError,
    "not_understood": ModelRefusedError,
    "key": ModelKeyRefusedError,
    "unreadable": ModelUnreadableError,
}


class UnusableAnswerError(Exception):
    """The model said something that is no answer; ``why`` is ours and may be told to it."""

    def __init__(self, why: str, said: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.said = said
