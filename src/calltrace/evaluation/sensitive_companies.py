"""What is a company's own, and nobody's secret: its telephones, mailboxes, shops and offices."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from calltrace.evaluation.sensitive_forms import mailbox
from calltrace.evaluation.sensitive_turn import Finding, Turn, by_turn
from calltrace.evaluation.spoken_numbers import Run
from calltrace.scorecards.patterns import plain

_BEFORE = 60
"""Characters before a number, a street or a mailbox in which whose it is stands."""
_ALIKE = {"email": 60, "address": 85}
"""Percent of a mailbox or a home that make it the one that was told before."""
_FEW = 50
"""Mailboxes that are kept in mind."""
_PART, _END = 4, 6
"""Digits that make a telephone the one that was told before, among its last ones."""
_QUESTION = 200
"""Characters at the end of a turn in which it asks."""
_LINES, _WORDED = frozenset(("phone", "email")), frozenset(("email", "address"))
_IBAN = re.compile(r"[A-Z]{2}\d{2}[ \d]{11,}")
_GOES_ON = 3
"""Characters between a street and the postal code or the town that belong to it."""
_LITTLE = 10
"""Characters beside a value in a turn that does little else than say it."""
_FREE_CALL = re.compile(r"(?:0800|0808|0845|0300|1800|1888|800|900)\d{5,7}$")
_COMPANY_LINE = re.compile(
    r"\b(?:us|them|lines?|team|desk|office|department|branch|helpline|hotline|switchboard|service"
    r"|linea|oficina|atencion|sucursal|uns|zentrale|abteilung|kundendienst|bureau|standard|agence"
    r"|linha|loja|balcao|ufficio|sportello|numero verde|assistenza|depot|(?:ring|dial|call|phone|fale? para"
    r"|ligue? (?:para|ao)|llame al?|marque|appelez|contactez|chiami|rufen sie|wahlen sie)"
    r"(?! (?:you|him|her|back)))\b[^.?!]{0,30}$"
)
_ASKS_FOR_LINE = re.compile(
    r"\b(?:phone|telephone|telefon\w*|telemovel|number (?:to|i can) (?:ring|call))\b[^.!]*\?\W*$"
)
_WHERE = "where|wo|wohin|donde|adonde|onde|aonde|dove"
_ASKS_WHERE = re.compile(
    rf"\b(?:{_WHERE}|ou)\b[^.!]*\?\W*$|\b(?:{_WHERE})\b[^.!?]{{0,24}}$|\bou\W*$"
    r"|\b(?:give me|tell me|need|want|me da|deme|digame|mi dia|mi da|me de|donnez-moi|geben sie|brauch\w*)"
    r"[^.!?]{0,12} \w*(?:address|adresse|direccion|indirizzo|endereco|morada)\b[^.!?]*\W*$"
    r"|\b(?:your|ihre|eure|votre|vuestra|vostro|vostra) (?:address|adresse|direccion|indirizzo)\b[^.!?]*\W*$"
    r"|\b(?:endereco|morada|direccion) de (?:voces|ustedes)\b[^.!?]*\W*$"
    r"|\b(?:die|the|la|l'|o|a) ?(?:address|adresse|direccion|indirizzo|endereco|morada)\b[^.!?]*,? "
    r"(?:bitte|please|por favor|s'il vous plait|per favore|se faz favor)\W*$"
)
_OWN = re.compile(
    r"\b(?:my|mine|for me|got me|i live|mein\w*|mir|mich|mi|mio|mia|mon|ma|moi|meu|minha|mim)\b"
)
"""Who asks what is on file asks for what is his own."""
_PREMISES = re.compile(
    r"\b(?:branch|store|shop|outlet|showroom|office|offices|warehouse|depot|clinic|station|bus|tram|line"
    r"|our|tienda|oficina|sucursal|local|clinica|nuestr[ao]|filiale|geschaft|laden|praxis|werkstatt|unsere?n?"
    r"|magasin|agence|boutique|cabinet|notre|loja|agencia|balcao|nossa|negozio|ufficio|sede|filiale"
    r"|\w*ambulatorio|nostr[ao]|punto vendita"
    r"|sportello|unidade|unidad|cajero|mostrador|guichet|courrier|rotura"
    r"|here at|bei uns|chez nous|da noi|(?:aqui|ca) (?:na|no)|aqui en|wir sitzen|passe (?:ca|por ca)"
    r"|puede (?:ir|pasar|venir)|vaya a|venez|passez|puo (?:venire|passare)|venga|kommen sie|come (?:by|to))"
    r"\b[^.?!,;]{0,45}$"
)
_WE_ARE = re.compile(
    r"\b(?:we're|were|we are|find us|to us|esperamos|estamos|siamo|wir sind|nous sommes|on est|ficamos)"
    r"(?: (?:at|in|a|en|na|no|am|im|au|aux|la|el|der))*[^.?!;]{0,12}$"
)
"""What agents say of where they are; customers say it of their homes."""
_FILE = (
    r"i have|i've got|i see|we have|got|on file|registered|billed|your|yours|person at|speaking to|still"
    r"|hab ich|habe ich|haben wir|hinterlegt|ihre?|deine?|steht|tengo|tenemos|veo|consta|registrad\w+|su|tu"
    r"|j'ai|vois|votre|ton|enregistre\w*|tenho|temos|vejo|seu|sua|teu|tua|ho|vedo|risulta|suo|tuo|registrat\w+"
)
_WAS_ON_FILE = re.compile(rf"\b(?:{_FILE})\b[^.?!]{{0,60}}$")
_IS_ON_FILE = re.compile(
    rf"[^.?!]{{0,16}}\b(?:{_FILE}|at the end|am ende|al final|a la fin|no fim|alla fine)\b"
)
_SENT = (
    r"send|sent|e?mail|forward|come|comes|goes|schick\w*|send\w*|kommen|geht|mand[oa]\w*|envi\w*|envoi\w*"
    r"|envoy\w*|invi\w*"
)
_WE_SEND = re.compile(
    r"\b(?:i|we|i'll|we'll|ich|wir|shall|je|on|nous|le|gliel[ao]|lhe|lho|lha|se l[ao]|it|karten|per mail an)"
    rf"\b[^.?!]{{0,20}}\b(?:{_SENT}|per mail an)\b[^.?!]{{0,60}}$"
)
_IS_IT_SO = re.compile(
    r"[^.?!]{0,24}\?|\W*(?:right|correct|is that|richtig|stimmt|ne|verdad|correcto|c'est ca|exact|certo"
    r"|giusto)\b"
)
_NAME = re.compile(r"[\w.+-]+")
_ROLES_WORDS = (
    "abuse admin billing claims complaint complaints contact customerservice desk enquiries feedback"
    " hello help helpdesk hr import info inquiries jobs mail marketing office orders parts press privacy"
    " reception refunds repairs returns sales security service support team webmaster auskunft bewerbung"
    " buchung buero kontakt kundendienst kundenservice rechnung reklamation schaden termine verwaltung"
    " werkstatt zentrale atencion averias bajas citas clientes consultas facturacion facturas pedidos"
    " quejas reclamaciones reservas siniestros soporte ventas accueil commandes devis factures pieces"
    " reclamation reclamations resiliation sav secretariat sinistres agendamentos apoio atendimento"
    " avarias contato contacto faturas geral reclamacoes sac secretaria suporte trocas vendas"
    " amministrazione assistenza fatture ordini prenotazioni reclami resi segreteria sinistri supporto"
)
_ROLES = frozenset(_ROLES_WORDS.split())
"""RFC 2142, section 3 to 5, and what such mailboxes are called in six languages."""


def is_company_line(turn: Turn, run: Run) -> bool:
    """A telephone that an agent tells callers to ring, that he is asked for, or that is free to call."""
    before = turn.readable[max(run.start - _BEFORE, 0) : run.start]
    told = turn.speaker == "agent" and (_COMPANY_LINE.search(before) or _was_asked(turn, _ASKS_FOR_LINE))
    return bool(told or _FREE_CALL.match(run.digits))


def is_premises(turn: Turn, start: int) -> bool:
    """Where a shop, an office or a bus line is: an agent who is asked where tells nobody's home."""
    before = turn.readable[max(start - _BEFORE, 0) : start]
    told = turn.speaker == "agent" and (_was_asked(turn, _ASKS_WHERE) or _WE_ARE.search(before))
    return bool(told or _PREMISES.search(before))


def of_companies(heard: Sequence[Turn], found: Sequence[Finding]) -> Iterator[Finding]:
    """Telephones and mailboxes that an agent tells first, or named by what they are for, are of things.

    So are streets that he tells beside them, and whatever of it the customer says again. They are still
    taken out where somebody asks for redaction: nobody is sure that they are a company's.
    """
    told, given = _Told(), _Told()
    places = by_turn(found)
    for turn in heard:
        here = [replace(one, of_thing=_is_companys(turn, one, told, given)) for one in places[turn.index]]
        here = _beside(turn, here, told)
        yield from here
        if turn.speaker != "agent":
            told.hear(turn, [one for one in here if not one.of_thing])
        given.hear(turn, [one for one in here if one.of_thing])


def _is_companys(turn: Turn, one: Finding, told: "_Told", given: "_Told") -> bool:
    """Whether it is known for a thing's, is a role's mailbox, or was told by an agent first."""
    if one.of_thing or (one.kind == "email" and _is_role(turn, one)):
        return True
    if turn.speaker == "agent":
        return _is_line(turn, one) and not told.knows(turn, one) and not _is_callers(turn, one)
    return one.kind in _WORDED and given.knows(turn, one) and not told.knows(turn, one)


def _beside(turn: Turn, here: Sequence[Finding], told: "_Told") -> list[Finding]:
    """What a company tells of itself in one go: its street beside its mailbox, its postal code, its town."""
    own = any(one.of_thing and _is_line(turn, one) for one in here)
    marked: list[Finding] = []
    for one in sorted(here, key=lambda one: one.start):
        is_home = one.kind == "address" and turn.speaker == "agent"
        goes_on = is_home and bool(marked) and _goes_on(marked[-1], one)
        stands_by = is_home and own and not told.knows(turn, one) and not _is_callers(turn, one)
        marked.append(replace(one, of_thing=one.of_thing or goes_on or stands_by))
    return marked


def _goes_on(street: Finding, one: Finding) -> bool:
    """Whether a company's street is followed by the rest of it."""
    return street.of_thing and street.kind == "address" and 0 <= one.start - street.end <= _GOES_ON


class _Told:
    """What one side told so far: digits of whatever was a number, mailboxes, and homes."""

    def __init__(self) -> None:
        self._digits = ""
        self._words: dict[str, deque[str]] = {kind: deque(maxlen=_FEW) for kind in _WORDED}

    def hear(self, turn: Turn, found: Sequence[Finding]) -> None:
        """Add what a turn tells."""
        self._digits += "".join(run.digits for run in turn.runs)
        for one in found:
            if one.kind in _WORDED:
                self._words[one.kind].append(_words_of(turn, one))

    def knows(self, turn: Turn, one: Finding) -> bool:
        """Whether a telephone, a mailbox or a home is said again, a part of it, or in other words."""
        if one.kind in _WORDED:
            said = _words_of(turn, one)
            return any(fuzz.partial_ratio(said, known) >= _ALIKE[one.kind] for known in self._words[one.kind])
        digits = turn.digits_in(one.start, one.end)[-_END:]  # many begin alike
        pieces = (digits[at : at + _PART] for at in range(max(len(digits) - _PART, 0) + 1))
        return not _is_line(turn, one) or any(piece in self._digits for piece in pieces)


def _is_line(turn: Turn, one: Finding) -> bool:
    """Whether it is what companies tell of themselves: a telephone, a mailbox, an account to pay into."""
    return one.kind in _LINES or bool(_IBAN.match(turn.text, one.start, one.end))


def _words_of(turn: Turn, one: Finding) -> str:
    """What tells a mailbox or a home from others: its name, since many hosts are alike."""
    said = turn.readable[one.start : one.end]
    return mailbox(said) if one.kind == "email" else said


def _is_role(turn: Turn, one: Finding) -> bool:
    """Whether a mailbox is named by what it is for: ``support@``."""
    name = _NAME.match(turn.readable, one.start, one.end)
    return bool(name and name[0] in _ROLES)


def _is_callers(turn: Turn, one: Finding) -> bool:
    """Whether it is what stands on file, is asked for, or is all of the turn: somebody reads it back."""
    before = turn.readable[max(one.start - _BEFORE, 0) : one.start]
    after = turn.readable[one.end : one.end + _BEFORE]
    is_all = len(turn.text) - (one.end - one.start) <= _LITTLE
    asked = _IS_IT_SO.match(after) or _IS_ON_FILE.match(after)
    return bool(is_all or asked or _WAS_ON_FILE.search(before) or _WE_SEND.search(before))


def _was_asked(turn: Turn, question: re.Pattern[str]) -> bool:
    before = plain(turn.before[-_QUESTION:])
    return bool(question.search(before)) and not _OWN.search(before)
