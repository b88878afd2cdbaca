"""Telling the agent's channel from the customer's by what is said."""

import pytest

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
    lines = [Line(agent, 0.5, said[0]), Line(1 - agent, 6.0, said[1])]
    roles = assign((0, 1), (0, 1), lines, "auto")
    assert roles.by_party == {agent: "agent", 1 - agent: "customer"}
    assert roles.confidence > 0.8
    assert roles.method == "channel"


@pytest.mark.parametrize("language", CALLS)
def test_a_customer_who_speaks_first_is_still_the_customer(language: str) -> None:
    lines = [Line(0, 0.0, CALLS[language][1]), Line(1, 5.0, CALLS[language][0])]
    assert assign((0, 1), (0, 1), lines, "auto").by_party[1] == "agent"


def test_without_a_cue_the_first_channel_is_the_agent_with_no_confidence() -> None:
    roles = assign((0, 1), (0, 1), [Line(0, 0, "Hello."), Line(1, 1, "Hello.")], "auto")
    assert roles.by_party == {0: "agent", 1: "customer"}
    assert roles.confidence == 0.5


def test_a_setting_beats_the_content() -> None:
    lines = [Line(0, 0, CALLS["en"][0]), Line(1, 3, CALLS["en"][1])]
    assert assign((0, 1), (0, 1), lines, "agent-right").by_party == {0: "customer", 1: "agent"}
    assert assign((0, 1), (0, 1), lines, "agent-left").by_party == {0: "agent", 1: "customer"}


def test_one_voice_or_mono_stays_unknown() -> None:
    lines = [Line(0, 0, CALLS["en"][0])]
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
    lines = [Line(1, 0, CALLS["en"][0]), Line(0, 3, CALLS["en"][1])]
    roles = assign((0, 1, 2), (0, 1, 2), lines, "auto")
    assert roles.by_party == {0: "customer", 1: "agent", 2: "customer"}


def test_voices_on_one_channel_are_told_by_the_same_cues() -> None:
    lines = [Line(0, 0.5, CALLS["en"][1]), Line(1, 4.0, CALLS["en"][0])]
    roles = assign_voices((0, 1), 0.2, lines)
    assert roles.by_party == {0: "customer", 1: "agent"}
    assert roles.method == "diarization"
    hard_to_tell_apart = assign_voices((0, 1), 0.7, lines)
    assert hard_to_tell_apart.confidence < roles.confidence


@pytest.mark.parametrize("voices", [(0,), (0, 1), (0, 1, 2)])
def test_voices_that_nothing_tells_apart_stay_unknown(voices: tuple[int, ...]) -> None:
    roles = assign_voices(voices, 0.2, [Line(voice, voice, "Hello.") for voice in voices])
    assert set(roles.by_party.values()) == {"unknown"}
    assert roles.confidence <= 0.5
