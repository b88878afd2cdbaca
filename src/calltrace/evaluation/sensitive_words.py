"""Words that tell what a number is, in six languages, without accents and in lower case."""

import re
from collections.abc import Sequence

Words = Sequence[tuple[str, re.Pattern[str]]]

_CVV = (
    r"\bcvv|\bcvc|security code|(?:three|3|last) (?:digits|numbers) (?:on|at|from) the back"
    r"|number on the back|little three numbers|the (?:three )?(?:on the )?back (?:is|are)"
    r"|codigo de segur|prufnummer|prufziffer|sicherheitscode|cryptogramme|codice di sicurezza"
    r"|tres (?:digitos|numeros) (?:de )?atras|drei (?:ziffern|zahlen) (?:auf der|hinten)|trois chiffres"
    r"|tre (?:cifre|numeri)|codigo atras"
)
_EXPIRY = (
    r"expir|expiry|valid (?:until|thru|to)|caduca|vencim|vence\b|gultig|ablauf|validade|validad|scaden"
    r"|scade\b|date de fin|valable|expire"
)
_CARD = (
    r"card number|long number|number on the (?:front|card)|debit card|credit card"
    r"|numero de (?:la )?tarjeta|kartennummer|kreditkarte|numero de (?:la |votre )?carte"
    r"|numero do cartao|cartao|numero (?:della|di) carta|tarjeta"
)
_NATIONAL = (
    r"social(?: security)?(?: number)?\b(?! media)|\bssn\b|\bnric\b|\bnin\b|\bbvn\b"
    r"|national (?:id|insurance)|aadhaar|passport number|emirates id|\bdni\b|\bnie\b|\bcurp\b|\brut\b"
    r"|cedula|carnet de identidad|documento de identidad|ausweis|steuer|\bcpf\b|\bnif\b|cepeefe|\bnife\b"
    r"|contribuinte|numero fiscal|securite sociale|codice fiscale|\bppsn?\b|numero de documento"
)
_PHONE = (
    r"phone|my number is|my line is|ring me|llame\w* al|call ?back|callback|mobile|\bcell\b"
    r"|number (?:to|i can|we can|should) (?:reach|call|ring)|telefon|celular|movil|handy|ruckruf"
    r"|portable|telemovel|cellulare|call me on|best number|reach (?:you|me)"
)
_BIRTH = (
    r"date (?:of|a) birth|birth ?date|birth ?day|\bdob\b|\bborn\b|fecha de nac|nacimiento|geburt|geboren"
    r"|naissance|\bne le\b|nee le|nascimento|nascita|nasceu|\bnato\b|\bnata\b"
)
_ACCOUNT = (
    r"account|policy|reference|\bref\b|booking|order|customer (?:number|id|code)|member|ticket|invoice"
    r"|claim|case number|tracking|contract|confirmation|serial|docket|consumer number|file number"
    r"|meter number|incident|cuenta|poliza|referencia|reserva|pedido|contrato"
    r"|numero de (?:cliente|abonado|socio|expediente|caso)|localizador|matricula|kundennummer|vertrag"
    r"|konto|rechnungsnummer|buchung|auftrag|zahler|aktenzeichen|vorgang|mitgliedsnummer|compte"
    r"|numero (?:de |du )?(?:client|dossier|commande|contrat|police|abonne)|dossier|reservation|conta\b"
    r"|apolice|fatura|encomenda|inscricao|protocolo|numero da|codigo (?:da|de|do) (?:reserva|cliente)"
    r"|conto\b|polizza|pratica|ordine|codice cliente|prenotazione|bolletta|targa|numero cliente"
)


def _words(*pairs: tuple[str, str]) -> Words:
    return tuple((kind, re.compile(pattern)) for kind, pattern in pairs)


TOPICS: Words = _words(
    ("cvv", _CVV),
    ("expiry", _EXPIRY),
    ("payment_card", _CARD),
    ("national_id", _NATIONAL),
    ("date_of_birth", _BIRTH),
    ("phone", _PHONE),
    ("account_number", _ACCOUNT),
)
"""What a speaker says about a number of his own, or what the other one asked for just before."""
