"""From a chat completion to a JSON object, whatever the server wrapped it in. Nothing is believed.

Shape: OpenAI ``CreateChatCompletionResponse``; llama.cpp, vLLM, Ollama and LM Studio answer the same, some
with content in parts, thoughts in front, code fences or prose around.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, cast

from calltrace.evaluation.model.errors import ModelUnreadableError, UnusableAnswerError

Object = dict[str, Any]
_THOUGHT_BEGINS, _THOUGHT_ENDS = re.compile(r"<think(?:ing)?>"), re.compile(r"</think(?:ing)?>")
_MOST_TOKENS = 10_000_000
"""A count above it is no count."""


def content_of(document: object) -> str:
    """What the model said.

    Raises:
        ModelUnreadableError: this is no chat completion. UnusableAnswerError: it is one, without an answer.
    """
    choices = _field(document, "choices")
    if not isinstance(choices, list):
        raise ModelUnreadableError("The model server's answer is no chat completion: check LLM_URL.")
    if not choices:
        raise UnusableAnswerError("there was no answer")
    message = _field(cast("Sequence[object]", choices)[0], "message")
    text = _text(_field(message, "content"))
    if text.strip():
        return text
    if _field(message, "refusal"):
        raise UnusableAnswerError("the answer was a refusal")
    if _field(message, "tool_calls"):
        raise UnusableAnswerError("a tool was called in place of an answer; there are no tools")
    raise UnusableAnswerError("the answer was empty")


def tokens_of(document: object) -> int | None:
    """The tokens that a server says it counted, if what it says can be one."""
    total = _field(_field(document, "usage"), "total_tokens")
    if not isinstance(total, int) or isinstance(total, bool):
        return None
    return total if 0 < total < _MOST_TOKENS else None


def _without_thoughts(text: str) -> str:
    """What stands outside of thoughts; in one pass, for an expression over both tags runs away."""
    kept, at = list[str](), 0
    while begin := _THOUGHT_BEGINS.search(text, at):
        end = _THOUGHT_ENDS.search(text, begin.end())
        if end is None:
            break
        kept.append(text[at : begin.start()])
        at = end.end()
    return "".join([*kept, text[at:]])


def object_in(text: str) -> Object:
    """The JSON object in what the model said: alone, in a code fence, or in prose.

    Raises:
        UnusableAnswerError: there is none, it is broken off, or a key stands in it twice.
    """
    plain = _without_thoughts(text)
    start = plain.find("{")
    if start < 0:
        raise UnusableAnswerError("there was no JSON object in the answer", text)
    decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)
    try:
        found, _ = decoder.raw_decode(plain, start)
    except (ValueError, RecursionError) as error:
        raise UnusableAnswerError("the JSON of the answer cannot be read", text) from error
    return found


def _unique(pairs: list[tuple[str, Any]]) -> Object:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _field(value: object, name: str) -> object:
    return cast("Mapping[str, object]", value).get(name) if isinstance(value, dict) else None


def _text(content: object) -> str:
    """Content is text, or a list of parts of which some are text."""
    if isinstance(content, str):
        return content
    parts = cast("Sequence[object]", content) if isinstance(content, list) else ()
    return "".join(text for part in parts if isinstance(text := _field(part, "text"), str))
