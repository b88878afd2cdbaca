"""Phrases that tell agents from customers, in English, Spanish, German, French, Portuguese and Italian.

All languages are tried on every call: a phrase of one language does not occur in another by accident,
and calls switch languages. Matching is on lower-case text; ``3`` is a phrase that only one side says,
``1`` a hint.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase and how much it says."""

    pattern: re.Pattern[str]
    points: float


def _cues(points: float, *patterns: str) -> list[Cue]:
    return [Cue(re.compile(pattern), points) for pattern in patterns]


AGENT: tuple[Cue, ...] = (
    *_cues(
        3.0,
        r"\b(thank you|thanks) for (calling|contacting|choosing|holding)\b",
        r"\bhow (can|may|could) (i|we) (help|assist|direct)\b",
        r"\bcall (is|may be|will be|might be|could be) (being )?(recorded|monitored)\b",
        r"\bwhat can i (do|help)\b.*\b(for you|with)\b",
        r"\b(is there )?anything else (i|we) can\b",
        r"\bgracias por (llamar|su llamada|comunicarse|contactar)\b",
        r"\b(en qué|cómo) (le |te |lo |la )?(puedo|podemos) (ayudar|servir|asistir)",
        r"\b(puede|podrá|será|es) (ser )?grabada\b",
        r"\b(vielen |danke |herzlichen )?dank für (ihren|den|deinen) anruf\b",
        r"\b(wie|womit|was) kann ich (ihnen|dir|für sie)\b",
        r"\bgespräch (wird|kann|werden).*aufgezeichnet\b",
        r"\bmerci (de votre appel|d'avoir (appelé|patienté)|de nous appeler|pour votre appel)",
        r"\b(comment|en quoi) (puis-je|je peux|peut-on|pouvons-nous) (vous )?(aider|être utile|renseigner)",
        r"\b(appel|conversation) (peut|est|sera|pourra).*enregistr",
        r"\bobrigad[oa] (por|pela) (ligar|sua ligação|ter ligado|entrar em contato|contato|chamada)",
        r"\b(como|em que|no que) (posso|podemos) (te |lhe |o |a )?(ajudar|ajudá|auxili.r)",
        r"\b(ligação|chamada) (está|pode|poderá|será).*gravada\b",
        r"\bgrazie per (aver chiamato|la (sua )?chiamata|averci (chiamato|contattato))",
        r"\b(come|in cosa) (posso|possiamo) (aiutar|esser)",
        r"\b(chiamata|telefonata) (è|può|potrebbe|sarà).*registrata\b",
    ),
    *_cues(
        2.0,
        r"\b(can|could|may) i (please )?(have|get|take) your\b",
        r"\b(confirm|verify) (your|the) (name|address|date of birth|account|email|phone|postcode|zip|last)\b",
        r"\bwhat('s| is) your (name|full name|address|account|order|date of birth|zip|phone|email)\b",
        r"\bwho am i speaking (with|to)\b",
        r"\bmy name is \w+( \w+)? (from|with|at|and i)\b",
        r"\b(me puede|podría|puede) (dar|decir|indicar|confirmar|facilitar)",
        r"\b(cuál es su|me da su|con quién tengo el gusto)\b",
        r"\b(ihre|ihren) (kundennummer|namen?|geburtsdatum|vertragsnummer|anschrift|telefonnummer)",
        r"\bkönnen sie mir (bitte )?(ihr|ihre|ihren)\b",
        r"\b(votre|vos) (nom|numéro|adresse|date de naissance|référence|coordonnées)\b",  # codespell:ignore
        r"\b(pouvez|pourriez)-vous me (donner|confirmer|communiquer|rappeler)\b",
        r"\b(pode|poderia) (me )?(informar|confirmar|dizer|passar)\b",
        r"\bqual (é )?o seu (nome|cpf|número|endereço|e-mail)\b",  # codespell:ignore
        r"\b(può|potrebbe) (darmi|dirmi|confermarmi|fornirmi)\b",
        r"\b(il suo|la sua) (nome|cognome|numero|indirizzo|data di nascita|codice)\b",  # codespell:ignore
    ),
    *_cues(
        1.0,
        r"\blet me (check|look|pull|see|verify|transfer|go ahead|just)\b",
        r"\bi('d| would) be (happy|glad) to\b",
        r"\b(bear with me|one moment please|please hold|for security)\b",
        r"\bi('m| am) (so |very |really )?sorry (to hear|about that|for the)\b",
        r"\b(we can|we offer|our (team|system|technicians?|records|policy|representatives?))\b",
        r"\bhave a (great|nice|good|wonderful) (day|one|evening|weekend)\b",
        r"\b(un momento por favor|déjeme (revisar|verificar)|con mucho gusto)\b",  # codespell:ignore
        r"\b(einen moment bitte|ich schaue|ich prüfe|gerne, ich)\b",
        r"\b(un instant|ne quittez pas|je vérifie|je regarde|je vous (transfère|mets en attente))\b",
        r"\b(um momento|vou verificar|só um (instante|momento)|aguarde)\b",  # codespell:ignore
        r"\b(un attimo|un momento|rimanga in linea|controllo subito|verifico)\b",  # codespell:ignore
    ),
)
"""What agents say."""

CUSTOMER: tuple[Cue, ...] = (
    *_cues(
        2.0,
        r"\bi('m| am| was) (calling|phoning|ringing) (about|because|to|for|regarding|in re)\b",
        r"\b(estoy |le )?llam(o|aba|ando) (porque|para|por|sobre)\b",
        r"\bich rufe (an|wegen)\b|\bich rufe .* an\b",
        r"\bj(e vous )?'?appelle (parce|pour|car|au sujet|concernant)\b",
        r"\b(estou|tô) (ligando|a ligar) (porque|para|sobre|por)\b|\bliguei (porque|para)\b",
        r"\b(chiamo|sto chiamando|telefono) (perché|per|riguardo)\b",
    ),
    *_cues(
        1.0,
        r"\bmy (order|bill|account|card|car|phone|internet|package|flight|subscription|insurance|invoice)\b",
        r"\bi('d| would) like (to|a|some)\b|\bi (want|need) (to|a|some|help)\b",
        r"\bi (have|had|got) (a|an|this|some) (problem|issue|question|trouble)\b",
        r"\b(can|could|do) you (guys )?(help|tell|fix|send|check|have|offer)\b",
        r"\bhow (much|long) (is|does|will|would|do)\b",
        r"\b(quiero|quisiera|necesito|tengo un problema|mi (pedido|cuenta|factura|tarjeta))\b",
        r"\b(ich (möchte|hätte|brauche|habe ein)|mein(e|en|em)? (rechnung|bestellung|konto|vertrag))\b",
        r"\b(je (voudrais|souhaite|souhaiterais)|j'ai (un problème|besoin)|ma (commande|facture|carte))\b",
        r"\b(eu )?(queria|gostaria|preciso|estou com (um )?problema|minha (conta|fatura))\b",
        r"\b(vorrei|ho (un problema|bisogno)|il mio (ordine|conto)|la mia (bolletta|carta|fattura))\b",
    ),
)
"""What customers say."""
