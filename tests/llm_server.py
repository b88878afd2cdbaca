"""A model server for tests: OpenAI's chat completions on loopback, answering by a script.

What it says is written by the tests; how it says it (status, headers, pace, broken off) is up to them, too.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from quiet_server import QuietHandler, listening

Json = dict[str, Any]
_LINE = re.compile(r"^(L\d+) \| (\d\d+:\d\d) \| (\w+) \| (.*)$", re.MULTILINE)
_QUESTION = re.compile(r"^Question (\w+): ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked."""

    body: Json
    authorization: str | None

    @property
    def text(self) -> str:
        """Everything that the model reads."""
        return "\n".join(message["content"] for message in self.body["messages"])

    @property
    def lines(self) -> dict[str, str]:
        """The words of each line of the transcript."""
        return {found[1]: found[4] for found in _LINE.finditer(self.text)}

    @property
    def questions(self) -> list[str]:
        """The criteria that are asked about; none when a summary is asked for."""
        return _QUESTION.findall(self.text)

    def line_with(self, words: str) -> str:
        """The line in which ``words`` stand."""
        return next(name for name, text in self.lines.items() if words in text)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer on the wire: in ``pieces``, ``pause`` seconds apart; ``cut`` in half, or ``endless``."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pieces: int = 1
    pause: float = 0.0
    cut: bool = False
    endless: bool = False


def completion(content: Any, **message: Any) -> Reply:
    """A completion with this content, or with other fields of a message."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}}
    document = {"object": "chat.completion", "choices": [choice], "usage": {"total_tokens": 100}}
    return Reply(json.dumps(document).encode())


def answers(given: Mapping[str, Any]) -> Reply:
    """A completion that holds this as JSON."""
    return completion(json.dumps(given))


Script = Callable[[Request], Reply]


@dataclass(slots=True)
class LlmServer:
    """``script`` answers; each of ``first`` is answered once before."""

    script: Script
    url: str = ""
    first: list[Reply] = field(default_factory=list[Reply])
    requests: list[Request] = field(default_factory=list[Request])
    most_at_once: int = 0
    _at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Reply:
        """The answer to one request."""
        with self._lock:
            self.requests.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            reply = self.first.pop(0) if self.first else None
        try:
            return reply or self.script(request)
        finally:
            with self._lock:
                self._at_once -= 1

    @property
    def judged(self) -> list[Request]:
        """Requests about criteria."""
        return [one for one in self.requests if one.questions]


@contextmanager
def serving(server: LlmServer) -> Generator[LlmServer]:
    """The server on a port of loopback."""
    closing = threading.Event()

    class Handler(QuietHandler):
        def do_POST(self) -> None:  # noqa: N802 - the base class's name
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = server.answer(Request(body, self.headers.get("Authorization")))
            if reply.cut and not reply.body:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in _headers(reply).items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                for piece in _pieces(reply):
                    self.wfile.write(piece)
                    self.wfile.flush()
                    if closing.wait(reply.pause):
                        return

    with listening(Handler) as url:
        server.url = f"{url}/v1"
        try:
            yield server
        finally:
            closing.set()


def _headers(reply: Reply) -> dict[str, str]:
    length = {} if reply.endless else {"Content-Length": str(len(reply.body))}
    return {"Content-Type": "application/json"} | length | dict(reply.headers)


def _pieces(reply: Reply) -> Iterator[bytes]:
    while reply.endless:
        yield b" " * 65536
    body = reply.body[: len(reply.body) // 2] if reply.cut else reply.body
    size = max(len(body) // reply.pieces, 1)
    yield from (body[at : at + size] for at in range(0, len(body), size))


def unsure(request: Request) -> Reply:
    """A model that cannot tell anything."""
    return answers({key: {"quotes": [], "answer": "unsure"} for key in request.questions})


def quoting(quotes: Mapping[str, Sequence[str]], answer: str = "met") -> Script:
    """A model that answers so where it has words to quote, from the lines they stand in, else is unsure."""

    def script(request: Request) -> Reply:
        given: Json = {}
        for key in request.questions:
            found = [{"line": request.line_with(words), "quote": words} for words in quotes.get(key, ())]
            given[key] = {"quotes": found, "answer": answer if found else "unsure"}
        return answers(given)

    return script


def slowly(script: Script, seconds: float) -> Script:
    """The same after a while."""

    def later(request: Request) -> Reply:
        time.sleep(seconds)
        return script(request)

    return later
