"""Telling the agent's channel from the customer's by what is said."""

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from calltrace.meaning.embeddings import default_embedder
from calltrace.speech.role_head import MOST_LINES, sample, save
from calltrace.speech.role_training import TaggedCall, held_out, report, train
from calltrace.speech.roles import Line, assign, assign_voices

CALLS = {
    "en": ("Thank you for calling, how can I help you?", "Hi, I'm calling about my bill."),
    "es": ("Gracias por llamar, ¿en qué puedo ayudarle?", "Quiero cambiar mi factura."),
    "de": ("Vielen Dank für Ihren Anruf, wie kann ich Ihnen helfen?", "Ich rufe wegen meiner Rechnung an."),
    "fr": ("Merci de votre appel, comment puis-je vous aider ?", "J'ai un problème avec ma facture."),
    "pt": ("Obrigado por ligar, como posso ajudar?", "Eu queria saber da minha conta."),
    "it": ("Grazie per aver chiamato, come posso aiutarla?", "Ho un problema con la mia bolletta."),
}


@pytest.mark.parametrize("language", CALLS)
@pytest.mark.parametrize("agent", [0, 1])
def test_the_greeting_decides_in_six_languages(language: str, agent: int) -> None:
    said = CALLS[language]
    lines = [Line(agent, said[0]), Line(1 - agent, said[1])]
    roles = assign((0, 1), (0, 1), lines, "auto")
    assert roles.by_party == {agent: "agent", 1 - agent: "customer"}
    assert roles.confidence > 0.8
    assert roles.method == "channel"


@pytest.mark.parametrize("language", CALLS)
def test_a_customer_who_speaks_first_is_still_the_customer(language: str) -> None:
    lines = [Line(0, CALLS[language][1]), Line(1, CALLS[language][0])]
    assert assign((0, 1), (0, 1), lines, "auto").by_party[1] == "agent"


def test_without_a_cue_the_first_channel_is_the_agent_with_no_confidence() -> None:
    roles = assign((0, 1), (0, 1), [Line(0, "Hello."), Line(1, "Hello.")], "auto")
    assert roles.by_party == {0: "agent", 1: "customer"}
    assert roles.confidence == 0.5


def test_a_setting_beats_the_content() -> None:
    lines = [Line(0, CALLS["en"][0]), Line(1, CALLS["en"][1])]
    assert assign((0, 1), (0, 1), lines, "agent-right").by_party == {0: "customer", 1: "agent"}
    assert assign((0, 1), (0, 1), lines, "agent-left").by_party == {0: "agent", 1: "customer"}


def test_one_voice_or_mono_stays_unknown() -> None:
    lines = [Line(0, CALLS["en"][0])]
    for roles in (
        assign((0,), (0,), lines, "auto"),
        assign((0, 1), (0,), lines, "auto"),
        assign((0, 1), (0, 1), lines, "mono"),
        assign((0,), (0,), lines, "agent-right"),
    ):
        assert set(roles.by_party.values()) == {"unknown"}
        assert roles.method == "diarization"
        assert roles.confidence < 0.5


def test_a_third_channel_is_another_customer() -> None:
    lines = [Line(1, CALLS["en"][0]), Line(0, CALLS["en"][1])]
    roles = assign((0, 1, 2), (0, 1, 2), lines, "auto")
    assert roles.by_party == {0: "customer", 1: "agent", 2: "customer"}


def test_voices_on_one_channel_are_told_by_the_same_cues() -> None:
    lines = [Line(0, CALLS["en"][1]), Line(1, CALLS["en"][0])]
    roles = assign_voices((0, 1), 0.2, lines)
    assert roles.by_party == {0: "customer", 1: "agent"}
    assert roles.method == "diarization"
    hard_to_tell_apart = assign_voices((0, 1), 0.7, lines)
    assert hard_to_tell_apart.confidence < roles.confidence


@pytest.mark.parametrize("voices", [(0,), (0, 1), (0, 1, 2)])
def test_voices_that_nothing_tells_apart_stay_unknown(voices: tuple[int, ...]) -> None:
    roles = assign_voices(voices, 0.2, [Line(voice, "Hello.") for voice in voices])
    assert set(roles.by_party.values()) == {"unknown"}
    assert roles.confidence <= 0.5


def test_the_lines_that_say_most_are_named() -> None:
    lines = [
        Line(0, "Yes."),
        Line(1, "Thank you for calling, how can I help you?"),
        Line(0, "My bill is wrong."),
    ]
    roles = assign((0, 1), (0, 1), lines, "auto")
    assert roles.telling == (1,)
    assert "{lines}" in roles.reason
    assert assign((0, 1), (0, 1), [Line(0, "Hello."), Line(1, "Hello.")], "auto").telling == ()


def test_an_agent_is_known_without_a_greeting() -> None:
    lines = [
        Line(0, "So the parcel never arrived and nobody answers my mails."),
        Line(1, "I see it was returned to our depot, so I'm sending a new one out to you tomorrow."),
        Line(0, "And do I have to pay for the shipping again?"),
        Line(1, "No, there's no charge, you will receive a confirmation by e-mail within the hour."),
    ]
    roles = assign((0, 1), (0, 1), lines, "auto")
    assert roles.by_party == {0: "customer", 1: "agent"}


def test_two_agents_share_a_role() -> None:
    lines = [
        Line(0, "Thank you for calling, how may I help you?"),
        Line(1, "I'm calling because my bill is wrong."),
        Line(0, "Let me transfer you to our billing department, one moment please."),
        Line(2, "Billing, my name is Ann, could I have your account number please?"),
        Line(1, "I need somebody to fix my bill, it is the second time."),
    ]
    roles = assign_voices((0, 1, 2), 0.2, lines)
    assert roles.by_party == {0: "agent", 1: "customer", 2: "agent"}


def test_of_a_long_call_a_fair_sample_is_read() -> None:
    read = sample(2000)
    assert len(read) == len(set(read)) == MOST_LINES
    assert (read[0], read[-1]) == (0, 1999)
    assert sample(5) == [0, 1, 2, 3, 4]


def test_what_ships_says_how_well_it_does_on_writers_it_never_saw() -> None:
    about = json.loads((files("calltrace.speech") / "data" / "roles.json").read_text("utf-8"))
    whole = about["leave_one_writer_out"]["whole"]
    assert (whole["right"], whole["calls"]) >= (160, 166)


def test_a_head_can_be_trained_and_kept(tmp_path: Path) -> None:
    calls = [
        TaggedCall(writer, said, (True, False)) for writer, said in zip("abcdef", CALLS.values(), strict=True)
    ]
    embedder = default_embedder()
    head = train(calls, embedder)
    assert report(held_out(calls, embedder))["whole"]["calls"] == len(calls)
    save(head, tmp_path / "roles.npz")
    kept = np.load(tmp_path / "roles.npz")
    assert float(kept["link"]) == pytest.approx(head.link, rel=1e-4)
    assert np.allclose(kept["weights"], head.model.weights, atol=1e-4)
