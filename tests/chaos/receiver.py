"""A webhook receiver with moods: it refuses, hangs, and hangs up before and after it has understood."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from chaos.plan import WEBHOOK_TIMEOUT_SECONDS
from whole.harness import Handler, World, well_behaved

MOODS = {"take": 70, "refuse": 10, "take and hang up": 8, "hang up": 6, "hang": 6}


@dataclass(slots=True)
class Mood:
    """How the receiver feels; ``calm`` ends its moods."""

    dice: random.Random
    calm: threading.Event = field(default_factory=threading.Event)
    shown: Counter[str] = field(default_factory=Counter[str])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self) -> str:
        with self._lock:
            mood = "take" if self.calm.is_set() else self.dice.choices([*MOODS], [*MOODS.values()])[0]
            self.shown[mood] += 1
        return mood


def moody(mood: Mood) -> Callable[[World], Handler]:
    """The behaviour of a world whose receiver has moods; its files are always there."""

    def behaviour(world: World) -> Handler:
        class Moody(well_behaved(world)):
            def do_POST(self) -> None:  # noqa: N802 - the base class names it so
                body = self.rfile.read(int(self.headers["Content-Length"]))
                how = mood.next()
                if how.startswith("take"):
                    head = {name.lower(): value for name, value in self.headers.items()}
                    world.received.append((head, body))
                if how == "take":
                    self.answer(204)
                elif how == "refuse":
                    self.answer(500)
                else:
                    time.sleep(WEBHOOK_TIMEOUT_SECONDS + 1 if how == "hang" else 0)
                    self.close_connection = True

            def answer(self, status: int) -> None:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        return Moody

    return behaviour
