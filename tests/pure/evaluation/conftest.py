"""Small calls written for these tests, and the shipped embedding model, loaded once."""

from collections.abc import Callable

import pytest

from calltrace.meaning.embeddings import Embedder, default_embedder
from calltrace.speech.transcript import Attribution, Role, Segment, Transcript

Turn = tuple[str, float, float, str]
MakeCall = Callable[..., Transcript]

_ROLES: dict[str, Role] = {"a": "agent", "c": "customer", "?": "unknown"}

GOOD: tuple[Turn, ...] = (
    (
        "a",
        0.5,
        8.0,
        "Good afternoon, thank you for calling Fairview Gas, my name is Odette. This call is recorded.",
    ),
    ("a", 8.2, 10.0, "How can I help you today?"),
    ("c", 10.5, 19.0, "My heating bill doubled and I am really upset, I can't pay that."),
    ("a", 19.5, 24.0, "I'm so sorry, I understand how worrying that must be for you."),
    (
        "a",
        24.2,
        29.0,
        "Before I open your account, could you give me your date of birth and postcode, please?",
    ),
    ("c", 29.5, 35.0, "The second of April nineteen seventy, and it's M4 2QT."),
    ("a", 35.5, 40.0, "Thank you, that matches. When did you last read the meter yourself?"),
    ("c", 40.5, 44.0, "Never, I thought you do that."),
    (
        "a",
        44.5,
        51.0,
        "May I put you on hold for about two minutes while I check the readings with our meter team?",
    ),
    ("c", 51.3, 52.5, "Sure, go ahead."),
    ("a", 130.0, 134.0, "Thank you for holding."),
    (
        "a",
        134.2,
        146.0,
        "Your account shows an estimated reading. I corrected it, you will get a new bill by Friday.",
    ),
    ("a", 146.3, 149.0, "Does that solve it for you?"),
    ("c", 149.5, 153.0, "Yes, that's perfect, thank you so much."),
    ("a", 153.5, 159.0, "Is there anything else I can do for you? Have a lovely day, goodbye."),
    ("c", 159.2, 160.5, "Bye."),
)
BAD: tuple[Turn, ...] = (
    ("a", 0.5, 1.5, "Yeah, billing."),
    ("c", 2.0, 9.0, "Hello, I was charged twice and now my rent bounced, I am desperate."),
    ("a", 9.5, 14.0, "Your balance is minus four hundred and twelve dollars, two charges on Monday."),
    ("c", 14.5, 17.0, "Yes! So can you give it back?"),
    (
        "a",
        17.5,
        22.0,
        "That's not my problem. It's your own fault, you should have been more careful, stupid.",
    ),
    ("c", 22.5, 26.0, "How dare you! I want to speak to your supervisor right now."),
    ("a", 26.5, 27.5, "Whatever."),
)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return default_embedder()


@pytest.fixture(scope="session")
def make_call() -> MakeCall:
    return _call


@pytest.fixture(scope="session")
def good_call() -> Transcript:
    return _call(*GOOD)


@pytest.fixture(scope="session")
def bad_call() -> Transcript:
    return _call(*BAD)


@pytest.fixture(scope="session")
def good_call_of_unknown_speakers() -> Transcript:
    return _call(*(("?", start, end, text) for _, start, end, text in GOOD))


def _call(*turns: Turn, language: str = "en") -> Transcript:
    return Transcript(
        language=language,
        language_confidence=1.0,
        attribution=Attribution(method="channel", confidence=1.0),
        segments=[_segment(number, *turn) for number, turn in enumerate(turns, start=1)],
    )


def _segment(number: int, who: str, start: float, end: float, text: str) -> Segment:
    return Segment(
        id=f"s{number}",
        speaker=_ROLES[who],
        speaker_id=f"spk-{who}",
        channel=0,
        start=start,
        end=end,
        text=text,
        confidence=0.9,
    )
