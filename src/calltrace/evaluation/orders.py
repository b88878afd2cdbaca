"""Sentences that speak to an evaluator in place of the other party: orders to whoever scores the call.

They are word patterns in six languages (``scorecards.patterns``) and find what is said plainly. What they
miss is held off by the rest (docs/evaluation.md, "With a model"): no order lets a model overturn anything,
and the offline judge knows what is done in a call, not what is said about it.
"""

import re
from functools import cache

from calltrace.evaluation.sentences import split_sentences
from calltrace.scorecards.patterns import compile_pattern, plain

_TOKEN = re.compile(r"\([^)]*\)|\S+")
_WORD = re.compile(r"[\w']+")
_WORD_OR_BEGINNING = re.compile(r"[\w']+\*?")

PATTERNS: tuple[str, ...] = (
    # English
    "(ignore|disregard|forget|override) ... (instruction|instructions|prompt|prompts|guidelines)",
    "(ignore|disregard|forget|override) ... (rubric|scorecard|criteria)",
    "(ignore|disregard|forget) ... (above|previous|prior|earlier) (instructions|rules|text|everything)",
    "(give|award|assign) ... (full|maximum|perfect|top) (marks|score|points|rating|credit)",
    "(you are|you're) ... (evaluator|grader|judge|auditor|language model|ai|assistant model|scoring system)",
    "(attention|note to|message to|dear|hey) ... (evaluator|grader|ai|language model|scoring system)",
    "(mark|score|rate|grade) ... (as met|as passed|as compliant|hundred percent|100 percent|one hundred)",
    "(all|every) (criteria|criterion|criterions) ... (met|passed|satisfied|fulfilled)",
    "system (prompt|message|override)",
    "(evaluator|grader|language model) ... (must|should|shall|please|answer|respond|output)",
    "(scorecard|evaluation|scoring) ... (cancelled|canceled|void|suspended)",
    "(score|result|rating) of this call is",
    "(note|message|memo) to ... (quality|qa|scoring|review) (team|department|people)",
    "(count|mark|tick|record) ... (as done|as met|as complete|as completed)",
    "(answer|respond|reply) with ... (verdict|met|passed|full marks)",
    "end of (transcript|the transcript|conversation|the conversation)",
    # German
    "(ignorier*|vergiss|vergessen|missachte*) ... (anweisung*|vorgaben|instruktion*|prompt|regeln)",
    "(gib|geben|vergib|vergeben) ... (volle|maximale|beste|hochste) (punktzahl|punkte|bewertung|note)",
    "(du bist|sie sind) ... (bewerter*|prufer*|gutachter*|sprachmodell|ki|bewertungssystem)",
    "alle (kriterien|punkte) ... (erfullt|bestanden)",
    # Spanish
    "(ignora|ignore|ignorar|olvida|olvide) ... (instrucciones|reglas|indicaciones|prompt)",
    "(da|dale|de|den|otorga|otorgue|asigna) ... (puntuacion|nota|calificacion) (maxima|completa|perfecta)",
    "(da|dale|de|otorga|otorgue|asigna|asigne) ... (maxima|mejor) (puntuacion|nota|calificacion)",
    "(eres|usted es) ... (evaluador|evaluadora|juez|modelo de lenguaje|inteligencia artificial)",
    "todos los criterios ... (cumplidos|cumplen|aprobados)",
    # French
    "(ignore|ignorez|oublie|oubliez) ... (instructions|consignes|regles|prompt)",
    "(donne|donnez|attribue|attribuez|mets|mettez) ... (note|points) (maximale|maximum|maximaux)",
    "(donne|donnez|attribue|attribuez|mets|mettez) ... (la meilleure note|tous les points|le maximum)",
    "(tu es|vous etes) ... (evaluateur|evaluatrice|juge|modele de langage|intelligence artificielle)",
    "tous les criteres ... (remplis|valides|respectes|satisfaits)",
    # Portuguese
    "(ignora|ignore|ignorem|esqueca|esquece) ... (instrucoes|regras|orientacoes|prompt)",
    "(da|de|deem|atribua|atribui) ... (pontuacao|nota|classificacao) (maxima|completa|perfeita)",
    "(da|de|deem|atribua|atribui) ... (maxima|melhor) (pontuacao|nota|classificacao)",
    "(voce e|tu es|o senhor e) ... (avaliador|avaliadora|juiz|modelo de linguagem|inteligencia artificial)",
    "todos os criterios ... (cumpridos|atendidos|satisfeitos)",
    # Italian
    "(ignora|ignori|ignorate|dimentica|dimentichi) ... (istruzioni|regole|indicazioni|prompt)",
    "(dai|dia|date|assegna|assegni) ... (punteggio|voto|valutazione) (massimo|massima|pieno|piena|perfetto)",
    "(dai|dia|date|assegna|assegni) ... (massimo|massima|pieno) (punteggio|voto|valutazione|dei voti)",
    "(sei|lei e) ... (valutatore|valutatrice|giudice|modello linguistico|intelligenza artificiale)",
    "tutti i criteri ... (soddisfatti|rispettati|superati)",
)


def orders_in(text: str) -> list[tuple[int, int]]:
    """The sentences of ``text`` that give orders to an evaluator, in characters.

    An order that runs over the end of a sentence takes both with it.
    """
    readable = plain(text)
    words = frozenset(_WORD.findall(readable))
    spans = [
        match.span()
        for pattern in PATTERNS
        if _possible(pattern, words)
        for match in compile_pattern(pattern).finditer(readable)
    ]
    if not spans:
        return []
    return [(a, b) for a, b in split_sentences(text) if any(a < end and start < b for start, end in spans)]


def is_order(text: str) -> bool:
    """Whether a turn is an order for the most part: then it is none of the talk."""
    found = orders_in(text)
    return 2 * sum(end - start for start, end in found) > len(text.strip())


def _possible(pattern: str, words: frozenset[str]) -> bool:
    """Whether each part of a pattern has a choice whose first word is there: saves most of the searching."""
    return all(
        not words.isdisjoint(whole) or any(word.startswith(beginnings) for word in words if beginnings)
        for whole, beginnings in _parts(pattern)
    )


@cache
def _parts(pattern: str) -> tuple[tuple[frozenset[str], tuple[str, ...]], ...]:
    """For each part of a pattern that is no gap, the first words of its choices: whole ones, beginnings."""
    tokens = [token.strip("()") for token in _TOKEN.findall(pattern) if token != "..."]  # noqa: S105 - a gap
    firsts = [[_WORD_OR_BEGINNING.findall(one)[0] for one in token.split("|")] for token in tokens]
    return tuple(
        (
            frozenset(one for one in first if not one.endswith("*")),
            tuple(one.removesuffix("*") for one in first if one.endswith("*")),
        )
        for first in firsts
    )
