"""Talking with a model server: one JSON object for each conversation, within tokens and time."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from calltrace.evaluation.model.content import Object, content_of, object_in, tokens_of
from calltrace.evaluation.model.errors import ERRORS, OverBudgetError, UnusableAnswerError
from calltrace.evaluation.model.prompts import Message, Schema, repair
from calltrace.evaluation.model.server import ModelServer
from calltrace.evaluation.model.view import tokens
from calltrace.kit.errors import ProcessingError
from calltrace.kit.remote import Failure, Line, calling

_FORMS = ("json_schema", "json_object", "text")
"""What is asked for, the best first: not every server holds a model to a schema, or to JSON."""
_TALKATIVE = 2_000
"""Characters of a useless answer that the model is shown again."""
_PARAMETERS = ("max_tokens", "temperature")
"""What some models take by another name, or not at all."""
REPLY_TOKENS = 1_024
"""Room for thoughts and wrapping, beside what is asked for."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(slots=True)
class Purse:
    """What one call may cost. Tokens set aside count until it is known how many it really were.

    ``over`` is why nothing more is to be asked about this call: its server failed, and not in passing.
    """

    limit: int
    spent: int = 0
    over: ProcessingError | None = None

    def take(self, most: int) -> None:
        """Set ``most`` tokens aside.

        Raises:
            OverBudgetError: there are not as many left. ProcessingError: as ``over`` says.
        """
        if self.over:
            raise self.over
        if self.spent + most > self.limit:
            raise OverBudgetError(
                f"{self.spent} of {self.limit} tokens are used, {most} more would be needed."
            )
        self.spent += most

    def settle(self, most: int, really: int) -> None:
        """``really`` was used of what was set aside."""
        self.spent += really - most


class Talk:
    """The conversations about one call. What the server turns out not to know is remembered for all later."""

    def __init__(self, server: ModelServer, line: Line, purse: Purse) -> None:
        self._server = server
        self._line = line
        self._purse = purse

    async def ask(self, messages: Sequence[Message], schema: Schema, reply: int) -> Object:
        """The JSON object that the model answers; ``reply`` is about how many tokens it will have.

        Raises:
            ProcessingError: the server cannot be had, or there are no tokens left.
            UnusableAnswerError: it answered, but no JSON object.
        """
        most = sum(tokens(one["content"]) for one in messages) + reply
        async with self._line.turn():
            self._purse.take(most)
            really = 0
            try:
                document = await self._post(messages, schema, reply)
                really = tokens_of(document) or most
            finally:
                self._purse.settle(most, really)
        try:
            return object_in(content_of(document))
        except ProcessingError as error:  # it is no model server
            self._purse.over = error
            raise

    async def again(
        self, messages: Sequence[Message], said: str, why: str, schema: Schema, reply: int
    ) -> Object:
        """As ``ask``, after the answer ``said`` that cannot be used because of ``why``."""
        return await self.ask(repair(messages, said[:_TALKATIVE], why), schema, reply)

    async def _post(self, messages: Sequence[Message], schema: Schema, reply: int) -> object:
        form = self._server.form
        while True:
            try:
                document = await self._line.post(json=self._request(form, messages, schema, reply))
            except Failure as failure:
                if failure.trouble != "not_understood":
                    raise self._given_up(failure) from failure
                if name := self._named(failure):
                    self._server.unknown.add(name)
                elif form + 1 < len(_FORMS):
                    form += 1
                else:
                    raise self._given_up(failure) from failure
            else:
                self._server.form = max(self._server.form, form)
                return document

    def _given_up(self, failure: Failure) -> ProcessingError:
        self._purse.over = ERRORS[failure.trouble](failure.detail)
        return self._purse.over

    def _named(self, failure: Failure) -> str | None:
        """A parameter that the server complains about and that it has not complained about before."""
        known = self._server.unknown
        return next((one for one in _PARAMETERS if one in failure.detail and one not in known), None)

    def _request(self, form: int, messages: Sequence[Message], schema: Schema, reply: int) -> dict[str, Any]:
        room = reply + REPLY_TOKENS
        size = "max_completion_tokens" if "max_tokens" in self._server.unknown else "max_tokens"
        request: dict[str, Any] = {"model": self._server.choice.model, "messages": list(messages), size: room}
        if "temperature" not in self._server.unknown:
            request["temperature"] = 0
        if _FORMS[form] == "json_schema":
            strict = {"name": "answer", "strict": True, "schema": schema}
            request["response_format"] = {"type": "json_schema", "json_schema": strict}
        elif _FORMS[form] == "json_object":
            request["response_format"] = {"type": "json_object"}
        return request


@asynccontextmanager
async def talking(server: ModelServer, purse: Purse) -> AsyncGenerator[Talk]:
    """Connections to a server, closed in the end.

    Raises:
        ConfigurationError: the certificates cannot be read.
    """
    async with calling(server.manners) as line:
        yield Talk(server, line, purse)


async def check_model(server: ModelServer) -> str:
    """Ask for next to nothing, and say in words how that went.

    Raises:
        ProcessingError: it went wrong.
    """
    schema: Schema = {
        "type": "object", "properties": {"ready": {"type": "string", "enum": ["yes"]}}, "required": ["ready"],
        "additionalProperties": False,
    }  # fmt: skip
    messages = [
        {"role": "user", "content": 'Answer with this JSON object and nothing else: {"ready": "yes"}'}
    ]
    async with talking(server, Purse(server.choice.budget_tokens)) as talk:
        try:
            await talk.ask(messages, schema, 50)
            how = "" if server.form == 0 else f", asked for {_FORMS[server.form]}: it knows no JSON schema"
        except UnusableAnswerError as error:
            how = f", but {error.why}: most verdicts will be left to the offline judge"
    return f"{server.choice.model} answers at {server.manners.endpoint}{how}"
