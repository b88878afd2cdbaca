"""Names of people, where somebody says that one comes: never by looking like a name alone.

A name answers a question for one, follows "my name is", "this is", "Mrs" and the like in six languages, or is
spelled. Once heard in a call, it is known in all of its turns. This is by choice only (docs/redaction.md):
agents say their names by duty, and a name that nobody announces is not found.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from calltrace.evaluation.sensitive_kinds import unmarked
from calltrace.evaluation.sensitive_turn import Finding, Place, may_be_others
from calltrace.evaluation.spelled import spelled_words
from calltrace.evaluation.spoken_numbers import digit_of
from calltrace.scorecards.patterns import plain
from calltrace.speech.transcript import Segment

_TITLES = (
    r"mr|mrs|ms|mister|missus|doctor|dr|herr|herrn|frau|fraulein|dona|don|seu|dotor|doutor|doutora|uncle"
)
_POLITE_TITLES = (
    r"miss|sir|madam|senor|senora|senorita|sr|sra|doctora|monsieur|madame|mademoiselle|mme|mlle|senhor"
    r"|senhora"
    r"|signor|signora|signorina|dottor|dottoressa|kollege|kollegin|tecnico|auditora|colega|auntie|old man"
)
"""These also stand alone; without capitals only thanks or praise before them shows that a name follows."""
_TITLED = re.compile(rf"\b(?:{_TITLES})\.? (?=\w)")
_TITLED_IN_CAPITALS = re.compile(rf"\b(?:{_POLITE_TITLES})\.? (?=\w)")
_TITLED_KINDLY = re.compile(
    r"\b(?:gracias|muito bem|obrigad[oa]|certo|listo|bueno|danke|merci|perfecto|thanks|thank you|grazie"
    r"|hey|hi) "
    rf"(?:{_POLITE_TITLES}) (?=\w)"
)
_FOLLOWS = (
    r"(?: mister| mr\.?| mrs\.?| ms\.?| miss| doctor| dr\.?| frau| herr| senhora?| senora?| don| dona| la"
    r"| el| o| a"
    r"| die| der)? (?=\w)"
)
_SURE = re.compile(
    r"\b(?:my name is|my name's|the name is|the names|the name's|name is|surname is|surname's|surnames"
    r"|last name is|first name is|i am called|you've reached|you reached|you're through to|youre through to"
    r"|(?:speaking|spoke|talking) (?:to|with)|ask for|me llamo|mi nombre es|a nombre de|le atiende|te atiende"
    r"|les atiende|te habla|le habla|le saluda|mein name ist|ich heisse|hier spricht|auf den namen"
    r"|sie sprechen mit|je m'appelle|mon nom est|mon nom c'est|au nom de|vous parle|meu nome e|eu sou [oa]"
    r"|chamo-me|chamo me|me chamo|aqui e [oa]|aqui quem fala e|fala [oa]|em nome d[eoa]|mi chiamo"
    r"|il mio nome e"
    rf"|a nome(?: di)?|risponde){_FOLLOWS}"
)
_EARLY = re.compile(
    r"\b(?:this is|it's|its|i'm|i am|myself|you(?:'ve| have)? got|soy|habla|ich bin|hier ist|je suis"
    r"|c'est|ici|sono"
    rf"|parla|qui e|sou [oa]|em[oa]){_FOLLOWS}"
)
"""How people introduce themselves, in the first turns; later on these begin any sentence."""
_CASED = re.compile(
    r"\b(?:this is|it's|i'm|i am|that's|soy|ich bin|hi|hello|hey|hola|oi|ola|hallo|ciao|bonjour|thanks"
    r"|thank you"
    r"|gracias|danke|merci|obrigad[oa]|grazie|bye|cheers|signed|named|firmado por(?: una? tal)?"
    r"|with us|nombre|her name|his name|il signor|o tal)(?: there)?,? (?=\w)"
)
"""Before a word with a capital in the middle of a sentence."""
_BEHIND = re.compile(
    r"\b([^\W\d_][\w-]{0,39}(?: [^\W\d_][\w-]{0,39})?),? "
    r"(?:speaking|here|on the line|this side|on reception|up front|am apparat|"
    r"mein name|hier|al habla|falando|a l'appareil|au telephone|all'apparecchio|al telefono)\b"
)
_ASKED = re.compile(
    r"\b(?:your (?:full |first |last |good |sur)?name|full name|surname|last name|first name|whose name"
    r"|who am i (?:speaking|talking)|name (?:on|is it|of)"
    r"|the name\b|what name|which name|name and|names? in|under what|name please|and name|your name|name\?"
    r"|su nombre|nombre completo|nombre y|apellido|como se llama|con quien (?:hablo|tengo)"
    r"|a nombre de quien|nombre del"
    r"|ihr(?:en)? name|ihr(?:en)? namen|nachname\w*|vorname\w*|wie heissen|mit wem sprech|name bitte|namen"
    r"|votre nom|nom et prenom|nom de famille|quel nom|qui est a l'appareil|votre prenom|a quel nom"
    r"|seu nome|nome completo|sobrenome|com quem (?:eu )?falo|qual o nome|nome do|apelido|o nome"
    r"|suo nome|nome e cognome|cognome|come si chiama|con chi parlo|il nome|a che nome)"
)
_WORD = re.compile(r"[^\W\d_][\w'\u2019-]*")
_LETTERS, _BOUND = re.compile(r"\w+"), re.compile(r"\b")
_PARTICLE_WORDS = (
    "de del da do dos das di la le el von van der den zu bin binte bint al ap o mc mac y e du des"
)
_PARTICLES = frozenset(_PARTICLE_WORDS.split())
_COMMON = (
    "a about account address after again ah all already also always am an and another any anything are as "
    "ask at away back bad be because been before bill billing birth board book booking both bot but by "
    "bye call called caller calling calls can card case change check claim coming correct could customer "
    "dad data date day dear department desk did do does doing done down email eh er erm even ever every "
    "everything exactly fine first for forget from front full fully get getting give go going gone good "
    "got great ha had happened happening happy has have having he hello help her here hey hi him his hold "
    "home hon honey how hm i if important in insurance is it its just kind know last late let like line "
    "little long look looking lovely ma maam madam main manager many maybe me member mhm mine miss mom "
    "more morning most mr mrs ms much mum my name need neither never new next nice no none nope not "
    "nothing now number of off office oh ok okay old on once one only open or order our out over paid pay "
    "payment perfect phone please policy pretty probably problem quick quite ready really reception "
    "reference regarding ridiculous right sales same say see seeing she should sir so some someone "
    "something sorry speaking still sure supervisor support sweetie take talking team thank thanks that "
    "thats the their them then there these they thing this those three time to today too total true "
    "trying twice two uh um under until up us use very wait waiting want was we welcome well were what "
    "whats when where which who why will with would wrong yeah yep yes yesterday you your yours ya yeh "
    "aqui ahi ahora algo alguien bien bueno buenas buenos claro como con cual cuando cuenta de del desde "
    "dia dias donde el ella ellos en entonces es esa ese eso esta estaba estado estan este esto estoy "
    "favor fue gracias hace hasta hay hoy la las le les lo los llamo mal mas mi mire momento muy nada ni "
    "nombre nos nosotros o otra otro para pero perfecto por porque que quien se senor senora senorita ser "
    "si sin sobre solo son soy su tal tambien tan tardes tengo tiene todo un una uno usted vale ver y yo "
    "cliente titular parte quisiera quiero necesito llamando llamada cosa culpa aber alles auch auf aus "
    "bei bin bis bitte da danke dann das dass dem den der die doch ein eine einen einer etwas fur gar "
    "ganz genau gut guten habe haben hallo hat heute hier ich ihnen ihr im immer ist ja jetzt kann kein "
    "keine kunde kundin mehr mein meine mich mir mit morgen nach nein nicht nichts noch nur ob oder recht "
    "richtig schon sehr sein sich sie sind tag und uns von vom war weil wenn wer wie wieder wir wo zu zum "
    "zur seit froh verstanden klar toll super gern gerne ihre ihren ai alors apres au aussi avec avez bon "
    "bonjour bonsoir ca car ce cela ces cette chez client comme dans deja des donc du elle encore est et "
    "etait eu faire fait gentil ici il ils j je jour juste leur mais merci mes moi mon monsieur madame ne "
    "non nous ou oui par parce pas plus pour puis qu quand quel qui sa sans ses sont sur ta te tout tres "
    "trop tu une va vais votre vous normal possible quoi parfait desole vraiment toujours agora ainda alo "
    "aquela aquele ate bem boa bom certo com dela dele dos ela ele em entao era essa esse isso isto mesmo "
    "meu minha moca moco muito na nao nossa num numa obrigada obrigado oi ola onde os pela pelo pois pra "
    "pronto qual quando quem quero sao sei sem senhor senhora seu sim sou sua tambem tem tenho ter toda "
    "tudo uma vai voce voces vou tarde noite abbiamo al alla allora anche ancora bene buongiorno "
    "buonasera c che chi ci ciao come cosi dal dalla della di dove e ecco fa fatto gia giorno gli grazie "
    "hai ho io lei mia mio molto nel niente nostro ora per perche piu poi prego qua quale questa questo "
    "sara sempre sia signora signore sono sta stata stato subito suo tanto ti tra tutto vi voi arrabbiata "
    "arrabbiato contenta contento titolare inhaber january february march april may june july august "
    "september october november december monday tuesday wednesday thursday friday saturday sunday lunes "
    "martes miercoles jueves viernes sabado domingo montag dienstag mittwoch donnerstag freitag samstag "
    "sonntag lundi mardi mercredi jeudi vendredi samedi dimanche english spanish german french italian "
    "portuguese street road lane house wife husband daughter mother father sister brother baby love "
    "darling mate pal sugar hun guys folks everybody everyone people nobody somebody god lord jesus "
)
"""What people say where a name could stand, in six languages and plain writing."""
_NO_NAMES = frozenset(_COMMON.split())
_LONGEST = 4
_EARLY_TURNS, _FIRST_TURNS = 6, 3
_SIGNED = re.compile(r"(?:, )([^\W\d_][\w'\u2019-]*)[.!?,](?= |$)")
"""``Customer care, Blessing.``"""
_PARTS = re.compile(r"[,.;:] ")
_AGREED = re.compile(
    r"(?:(?:yes|yeah|yep|sure|okay|ok|um|uh|si|ja|oui|sim|certo|claro|ah|eh|it's|its|er|hm|es|ist|c'est"
    r"|e)[,. ]+)*"
)


def names(segments: Sequence[Segment]) -> list[Finding]:
    """Names of people, with their places."""
    texts = [unmarked(segment.text) for segment in segments]
    found = {index: list(_announced(_Said.of(segments, texts, index))) for index in range(len(texts))}
    known = _known(texts, found)
    for index, text in enumerate(texts) if known else ():
        found[index] += _again(known, plain(text))
    return [Finding("person_name", index, a, b) for index, places in found.items() for a, b in _apart(places)]


@dataclass(frozen=True, slots=True)
class _Said:
    """A turn: how early it comes, whether its capitals tell something, whether it answers for a name."""

    text: str
    early: bool
    first: bool
    cased: bool
    asked: bool
    by_agent: bool

    @classmethod
    def of(cls, segments: Sequence[Segment], texts: Sequence[str], index: int) -> Self:
        other = index > 0 and may_be_others(segments[index - 1], segments[index])
        by_agent = segments[index].speaker == "agent"
        asked = other and not by_agent and bool(_ASKED.search(plain(texts[index - 1])))
        text = texts[index]
        return cls(text, index < _EARLY_TURNS, index < _FIRST_TURNS, _is_cased(text), asked, by_agent)


def _apart(places: Sequence[Place]) -> list[Place]:
    joined: list[Place] = []
    for start, end in sorted(places):
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _known(texts: Sequence[str], found: dict[int, list[Place]]) -> dict[str, list[str]]:
    """Every part of a name that was announced, the longest first, by the letters that it begins with."""
    parts = {
        plain(word[0])
        for index, places in found.items()
        for start, end in places
        for word in _WORD.finditer(texts[index][start:end])
        if len(word[0]) > 2 and plain(word[0]) not in _PARTICLES  # noqa: PLR2004 - Jo, Al are words, too
    }
    known = defaultdict[str, list[str]](list)
    for part in sorted(parts, key=len, reverse=True):
        if letters := _LETTERS.match(part):
            known[letters[0]].append(part)
    return known


def _again(known: Mapping[str, Sequence[str]], readable: str) -> Iterator[Place]:
    """Where parts of names are only said: whole words, one after the other."""
    reach = 0
    for word in _LETTERS.finditer(readable):
        if word.start() >= reach:
            for part in known.get(word[0], ()):
                end = word.start() + len(part)
                if readable.startswith(part, word.start()) and _BOUND.match(readable, end):
                    reach = end
                    yield word.start(), end
                    break


def _announced(said: _Said) -> Iterator[Place]:
    readable = plain(said.text)
    for pattern in _openings(said):
        for match in pattern.finditer(readable):
            yield from _name(said.text, match.end(), cased=said.cased)
    for match in _BEHIND.finditer(readable):
        yield from _behind(said.text, match.span(1), cased=said.cased)
    if said.asked:
        yield from _answer(said)
        yield from ((run.start, run.end) for run in spelled_words(said.text))
    if said.cased and said.by_agent and said.early:
        for match in _SIGNED.finditer(said.text):
            yield from _name(said.text, match.start(1), cased=True)


def _openings(said: _Said) -> Iterator[re.Pattern[str]]:
    """What a name may follow in this turn."""
    yield from (_SURE, _TITLED)
    if said.early and (said.cased or said.first):
        yield _EARLY
    yield from (_CASED, _TITLED_IN_CAPITALS) if said.cased else (_TITLED_KINDLY,)


def _is_cased(text: str) -> bool:
    """Whether capitals tell something: recognisers may write none."""
    return any(character.isupper() for character in text)


def _name(text: str, start: int, *, cased: bool) -> Iterator[Place]:
    """The words from ``start`` on that can be parts of a name."""
    end, count = start, 0
    for word in _WORD.finditer(text, start):
        gap = text[end : word.start()] if count else text[start : word.start()]
        if gap.strip() or count == _LONGEST or not _may_be(word[0], cased=cased, count=count):
            break
        if plain(word[0]) in _PARTICLES and not count:
            break
        end, count = word.end(), count + 1
        if not cased and count == 2:  # noqa: PLR2004 - without capitals a name has at most two parts
            break
    if count:
        yield start, end


def _may_be(word: str, *, cased: bool, count: int) -> bool:
    readable = plain(word).removesuffix("'s").replace("'", "")
    if count and readable in _PARTICLES:
        return True
    if readable in _NO_NAMES or digit_of(readable) is not None or len(word) < 2:  # noqa: PLR2004
        return False
    if not cased:
        return not readable.endswith(("ing", "ando", "endo", "mente"))
    return word[:1].isupper() and not word.isupper()


def _behind(text: str, place: Place, *, cased: bool) -> Iterator[Place]:
    """``Gareth here``, ``Patrice speaking``: the last words before, as far as they can be a name."""
    words = [word for word in _WORD.finditer(text, *place) if _may_be(word[0], cased=cased, count=0)]
    if words and words[-1].end() == place[1]:
        first = words[0] if cased and len(words) > 1 else words[-1]
        yield first.start(), words[-1].end()


def _answer(said: _Said) -> Iterator[Place]:
    """The name that a turn begins with when one was asked for, behind a word of agreement at most.

    With capitals, every sentence and part of one may begin with it.
    """
    starts = {match.end() for match in _PARTS.finditer(said.text)} if said.cased else set[int]()
    agreed = _AGREED.match(plain(said.text))
    for start in sorted(starts | {agreed.end() if agreed else 0}):
        yield from _name(said.text, start, cased=said.cased)
