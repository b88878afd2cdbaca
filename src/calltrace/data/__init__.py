"""Files that the project ships: a sample call, made by speech synthesis (docs/sample-call.md)."""

from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, NonNegativeFloat, PositiveFloat

from calltrace.kit.document import Document

Speaker = Literal["agent", "customer"]
CHANNELS: tuple[Speaker, Speaker] = ("agent", "customer")
"""Who is on channel 0 and who on channel 1 of the sample."""


class Line(Document):
    """Something one side says, ``gap`` seconds after all before it; negative: into the line before."""

    speaker: Speaker
    text: str
    gap: float = 0.0


class Hold(Document):
    """Seconds in which nobody speaks, with or without music on the agent's channel."""

    hold: PositiveFloat
    music: bool = False


class SampleScript(Document):
    """The sample call as it was meant to be said, and what a careful listener finds in it."""

    title: str
    language: str
    seed: int
    lead_in: NonNegativeFloat
    lead_out: NonNegativeFloat
    items: list[Line | Hold]
    verdicts: dict[str, str] = Field(default_factory=dict[str, str])

    @property
    def words(self) -> str:
        """Everything that is said, in order, as one text."""
        return " ".join(item.text for item in self.items if isinstance(item, Line))

    def words_of(self, speaker: Speaker) -> str:
        """Everything one side says, in order, as one text."""
        lines = [item for item in self.items if isinstance(item, Line) and item.speaker == speaker]
        return " ".join(line.text for line in lines)


def sample_call_path() -> Path:
    """The sample recording: MP3, 8 kHz, two channels (CHANNELS), about two minutes."""
    return _folder() / "sample_call.mp3"


def sample_script() -> SampleScript:
    """What was spoken into the sample recording."""
    text = (_folder() / "sample_call.yaml").read_text(encoding="utf-8")
    return SampleScript.model_validate(yaml.safe_load(text))


def _folder() -> Path:
    # The wheel is always unpacked, so the resource is a real file: PyAV needs a path.
    return Path(str(resources.files(__name__)))
