"""Words that tell what a number is, in six languages, without accents and in lower case."""

import re
from collections.abc import Sequence

Words = Sequence[tuple[str, re.Pattern[str]]]

_CVV = (
    r"(?:on|at) the reverse|signature strip|\bde tras\b|algarismos|"
    r"\bcvv|\bcvc|\bcsc\b|security (?:code|number)|(?:three|3|last|four)"
    r"(?: digits| numbers)? (?:on|at|from|off) the"
    r"|number on the back|little three numbers|the (?:three )?(?:on )?(?:the )?back (?:is|are|says|reads)"
    r"|\bback of (?:the|your) card|codigo de segur|codigo (?:de )?atras|prufnummer|prufziffer"
    r"|sicherheitscode|kartenprufung|\bhinten\b|ruckseite|cryptogramme|au dos|codice di sicurezza|sul retro"
    r"|tres (?:digitos|numeros|ultimos)|drei (?:ziffern|zahlen|stellen)|trois (?:derniers )?chiffres"
    r"|tre (?:cifre|numeri)|\bverso\b|tres digitos|\bdietro\b(?! (?:la|il) (?!carta))|\bdetras\b"
    r"|\batras\b|\breverso\b|derriere"
    r"|ruckseite|(?:number|numbers|code|digits) (?:at|on|off) the back|\bde atras\b|\blos de atras"
    r"|\bthree digits\b(?! of (?!the back))"
)
_EXPIRY = (
    r"expir|\bexp\b|valid (?:until|thru|through|to)|caduc|vencim|vence\b|gultig|jultig|ablauf|lauft ab"
    r"|validade|validad|validite|valido ate|valida fino|scaden|scade\b|date de fin|valable|good (?:thru"
    r"|through)"
    r"|its out in|it's out in"
)
_CARD = (
    r"\b(?:new|my|this|that|other|bank|master|visa) card\b|mastercard|\bvisa\b|\bamex\b"
    r"|american express|\brupay\b"
    r"|card number|long number|number on the (?:front|card)|debit card|credit card|digits (?:off|on"
    r"|from) the front"
    r"|numero de (?:la |su |tu )?tarjeta|karten ?nummer|kreditkarte|numero de (?:la |votre |ta )?carte"
    r"|numero do (?:seu )?cartao|cartao|numero (?:della|di) carta|tarjeta|\bla carta\b|carte bancaire"
    r"|carte de credit|carta di credito"
)
_NATIONAL = (
    r"social(?: security)?(?: number)?\b(?! media)|\bssn\b|\bi\.? ?c\b|\bnric\b|\bnin\b|\bbvn\b|\bsin number"
    r"|national (?:id|insurance|identity)|\bni number|aadhaar|aadhar|\bpan (?:card|number)|passport"
    r"|emirates id|\bid (?:card|number)|identity (?:card|number)|\bd ?n ?i\b|de ene i|\bdeni\b"
    r"|\b(?:su|mi|tu|el|del|un|o|y|de) nie\b|\bnie (?:es|numero|con|o)\b"
    r"|\bc ?u ?r ?p\b|ce u erre pe|\brfc\b"
    r"|erre efe se|\brut\b"
    r"|\b(?:su|mi|tu|el|del|o) run\b|\brun (?:es|numero|del|de)\b"
    r"|cedula|carnet de identidad|documento de identidad|identificacion oficial"
    r"|ausweis|steuer ?(?:id|nummer|identifikation)|sozialversicherung|\ba ?h ?v\b"
    r"|\bc ?p ?f\b|ce pe efe|\bcnpj\b|\bn ?i ?f\b"
    r"|cepe ?efe|\bnife\b|cartao de cidadao|\brg\b|contribuinte|numero fiscal|securite sociale|\bnir\b"
    r"|carte d'identite|carte nationale|codice fiscale|carta d'identita|\bpps\b|\bppsn\b|\bbsn\b"
    r"|(?:medical|health|medicare) card|social insurance|\bthe sin\b|bilhete de identidade?|registre national"
    r"|\b(?:numero (?:del|de su|do) |il |el |o )documento\b|tessera sanitaria|\bcni\b|personnummer"
    r"|\bpesel\b|numero de documento|medicare number|driver'?s? licen[cs]e|driving licen[cs]e"
)
_PHONE = (
    r"phone|\bfone\b"
    r"|\bcel\b|\bfono\b|\bnatel\b|\btel\b|my number is|my line is"
    r"|ring me|llam\w* al|call ?back|callback|mobile|\bcell\b|\bwhatsapp"
    r"|number (?:to|i can|we can|should|is best)|best number|telefon"
    r"|on (?:what|which) number|celular|movil|handy|ruckruf|ruf ?nummer"
    r"|erreich|portable|joindre|rappel|telemovel|cellulare|recapito|call (?:me|you) on|reach (?:you|me"
    r"|him|her)"
    r"|number for (?:you|him|her|me|us)\b|contact number|text (?:me|you)|contacto"
    r"|\bzap\b|\bchiam(?:are|ate|armi|arci) (?:al|il|lo|a questo)\b|\blig(?:ar|ue|uem) (?:para|pro|no)\b"
    r"|\ban?rufen\b|ruf\w* (?:mich|uns|ihn) (?:an|unter)|appel(?:er|ez)(?:-moi)? (?:au|sur)\b"
)
_BIRTH = (
    r"date (?:of|a) birth|birth ?date|birth ?day|\bdob\b|\bd o b\b|\bborn\b|fecha de na[sc]|na[sc]imiento"
    r"|geburt|geburts|geboren|naissance|\bnee? (?:le|quand|en quelle)\b|\bne e\b|nascimento|nascita"
    r"|nasceu|nasci\b|\bnato\b"
    r"|\bnata\b|year of birth|jahrgang|ano de na[sc]|annee de nais|anno di nascita"
    r"|cumpleanos|compleanno|anniversaire|aniversario|naci el"
)
_NUMBER = r"(?:number|no|code|id|ref|reference)\b"
_SAYS = r"\b(?:tag|label|sticker|plate|card|letter|ticket)(?: on (?:it|the \w+))? (?:is|says|reads)\b"
_OF = r"(?:de |del |della |dell'|di |do |da |du |de la |d'|su |votre |seu |tu )"
_THINGS = (
    r"(?:order|ticket|booking|ordine|pedido|commande|auftrag|bestellung|busta|pratica|folio|expediente"
    r"|contrato"
    r"|reserva|number|numero|nummer|code|codigo|codice|account|policy|invoice|tracking)"
)
_ACCOUNT = (
    rf"\b(?:codice|numero|codigo) \w+ (?:e|es)\b|\b(?:member|policy|account|customer|booking) (?=\d{{4}})"
    rf"|\bnumero {_OF}\w+|\b{_THINGS}'?s? (?:is|es|e|est|c'est|ist)\b|\b(?:last|final) (?:four|4)\b"
    r"|quatre derniers|(?:ultimos|ultimas) (?:cuatro|quatro)|(?:cuatro|quatro) ultim[oa]s"
    r"|ultime quattro|letzten vier"
    r"|\bend(?:s|ing)? (?:in|with)\b|\b(?:termina|acaba) (?:en|em|con|com)\b|\bendet (?:auf|mit)\b"
    r"|termine par"
    r"|finisce (?:con|per)"
    r"|\b(?:letter|digit|group|org|entry|access|meter|site|unit|user|login|pick ?up|voucher|promo"
    r"|gate) (?:code|id)\b"
    r"|code on (?:your|the)|utilisateur"
    r"|"
    rf"(?:account|policy|booking|order|customer|client|member\w*|ticket|invoice|claim|case|tracking|contract"
    rf"|confirmation|serial|docket|consumer|file|meter|incident|patient|assessment|tag|loan|supply|site|job"
    rf"|employee|staff|student|photocard|parcel|shipment|subscriber|routing|sort|record|chart|rx|prescription"
    rf"|registration|plate|vehicle|assignment|pass\w*|security) ?(?:{_NUMBER}|#)"
    r"|\b(?:my|your|the|her|his|our|an?) (?:account|reference|policy|id|pin|pnr)\b|\breference\b|\bref\b"
    r"|\bpnr\b"
    rf"|{_SAYS}"
    r"|\bpin\b|\baccount (?:is|ending)|\bcard ending|\bmember,? number\b|\bcontrat numero\b"
    r"|\bmember(?:ship)? (?:is|id)|\bsort code|\b(?:rego|reggo)\b"
    r"|licen[cs]e plate|number plate|\bregistration\b(?= (?:and|please|number))|\bpin code"
    r"|passcode|password|customer reference"
    r"|\b(?:numero|codigo|clave|n) (?:de |del |da |do |de la |della |di |d'|du )?(?:su |tu |votre |seu "
    r"|sua )?"
    r"(?:cliente|cuenta|abonado|socio|expediente|caso|contrato|poliza|referencia|reserva|pedido|suministro"
    r"|siniestro|factura|orden|client|dossier|commande|contrat|police|abonne\w*|compte|reservation|facture"
    r"|adherent|suivi|conta|apolice|fatura|encomenda|inscricao|protocolo|matricula|processo|carteirinha"
    r"|utente|conto|polizza|pratica|ordine|prenotazione|bolletta|fattura|tessera|contratto|sinistro"
    r"|seguimiento"
    r"|spedizione|envio|rastreio)|\bfolio|\blocalizador|\bmatricula|\btarga\b|\bprotocolo|\bcarteirinha"
    r"|\bpoliza\b|\bapolice\b|\bpolizza\b|\breferencia|\bcuenta (?:es|numero)|\bcontrato (?:numero|e|es)\b"
    r"|\bdossier numero|\bnumero cliente|codice cliente|\bpratica\b|\bcodigo (?:de|da|do) \w+"
    r"|(?:kunden|vertrags?|konto|rechnungs?|buchungs?|auftrags?|zahler|vorgangs?|mitglieds?|mieter"
    r"|versicherten"
    r"|versicherungs?|bestell|schadens?|sendungs?|police\w*|kassen|reservierungs?|ticket|fall|patienten"
    r"|akten|referenz|personal|kennzeichen|anschluss|objekt|gerate|serien)[ -]?(?:nummer|nr|zeichen|code)"
    r"|\bkennzeichen\b|\baktenzeichen|\biban\b|\bkonto\b|\bkunden ?nummer|\bcontrato \w+ (?:zero|\w\b)"
)
_ADDRESS = (
    r"where (?:should|shall) (?:the|we|it|i) |wohin (?:soll|darf|schick)|(?:a )?donde (?:se )?(?:lo|la) "
    r"(?:mando|envio|llev)|ou (?:dois je|faut il|doit on)|(?:envoie|expedie|livre) ou\b"
    r"|para onde|dove (?:lo|la) (?:mando|spedi|invi|port)|"
    r"address|welche wohnung|quel appartement|que piso|qual apartamento|quale appartamento"
    r"|post ?code|\bzip\b|eircode|(?:which|what|the|your) street|street (?:name|number)"
    r"|where do you live|which (?:house|flat|unit)|direccion"
    r"|domicilio"
    r"|(?:que|su|la|cual) calle|codigo postal|adresse|anschrift|post ?leit ?zahl|\bplz\b|strasse|wohnen sie"
    r"|wohnhaft|code postal"
    r"|habitez|quelle rue|endereco|morada|\bcep\b|(?:que|qual|sua) rua|moradia|indirizzo|\bcap\b|(?:che"
    r"|quale) via|abita"
    r"|postal code"
    r"|pin ?code|(?:live|living|located|deliver\w*|ship\w*|send\w* (?:it|that)? ?to) (?:at|to)"
)
_HOUSE = (
    r"\b(?:house|door|flat|street) number\b|number of the house|hausnummer|numero (?:de (?:la )?casa|da porta"
    r"|de porta|civico|de (?:la )?rue|del portal|de portal)\b|\bcivico\b|quel numero (?:de|dans) (?:la )?rue"
)
_MAIL = r"e ?-?mail|correo|mail ?adresse|posta elettronica|courriel|adresse mail"
_THING = (
    r"\b(?:order|orders|parcel|package|shipment|consignment|tracking|waybill|awb|docket|serial|model|product"
    r"|part|item|sku|barcode|ticket|incident|case|job|error|fault|meter reading|reading|read on the meter"
    r"|version|channel|key id|voucher|coupon|delivery|ip|router|modem)(?: ?(?:number|no|code|id|ref"
    r"|reference)\b"
    r"|'?s? (?:is|says|reads|shows)\b| ?#| we (?:sent|raised|opened))|\bmeter (?:read|say|show)s?\b"
    r"|\b(?:model|modelo|modele|modell|modello|serial|waybill|tracking|barcode|error)\b|tag number"
    r"|\b(?:codice|codigo|code) (?:del |dell'|do |du |de l'|de )?(?:prodotto|articolo|producto|produto"
    r"|produit)"
    r"|\b(?:parcel|package|order|delivery)\b[^.?!]{0,30}\bnumber(?: is\b|'s\b)"
    r"|\b(?:numero|codigo|n) (?:de |del |della |da |do |di |de la |du )?(?:su |tu |seu |sua )?"
    r"(?:pedido|orden|paquete|envio|seguimiento|serie|modelo|articulo|ticket|incidencia|error|guia|rastreio"
    r"|encomenda|produto|artigo|colis|commande|suivi|article|lot|ordine|pacco|spedizione|prodotto|bolla|busta"
    r"|serial|matricola)\b|numero dell'(?:ordine|articolo)|numero d'(?:article|envoi)"
    r"|\bpedido (?:numero|es|e)\b"
    r"|\bl'ordine (?:e|numero)\b|\b(?:error|erreur|errore|erro|fehler)\b|\bfolio\b"
    r"|(?:bestell|auftrags?|sendungs?|paket|serien|gerate|artikel|modell|ticket|fehler|vorgangs?"
    r"|produkt)[ -]?"
    r"(?:nummer|nr|code)\b|zahlerstand|\bseriennummer|numero de la commande|numero du (?:colis|ticket)"
)
"""What has a number and is nobody. Bookings, claims and files are somebody's, and not here."""
NAMES = (
    r"(?:units?|reg|plates?|bookings?|locker|job|docket|order|tag|ticket|receipt|member(?:ship)?|barcode|clock|badge"
    r"|staff|confirmation|policy|claim|file|voucher|contract|parcel|tracking|reference|ref|pin|invoice|serial|pnr"
    r"|placas?|patente|matricula|localizador|pedido|guia|boleta|resguardo|sobre|folio|tiquete|contrato|soci[oa]"
    r"|abonado|expediente|poliza|reserva|orden|factura|clave|cliente|cuenta"
    r"|kennzeichen|nummernschild|vertrag|auftrag|bestellung|buchung|marke|schein|[a-z]*nummer"
    r"|plaque|immatriculation|contrat|dossier|commande|reservation|colis|recu|matricule|numero d'?e? ?\w+"
    r"|placa|encomenda|processo|protocolo|utente|apolice|talao|senha|identifiant|identificativo|identificador|kennung"
    r"|targa|matricola|pratica|contratto|ordine|ricevuta|prenotazione|polizza|tessera|codice|bolla|scontrino)"
)
"""What has a number that its holder is found by."""
_ASKED_FOR = (
    rf"\b(?:{NAMES}|numbers?|numeros?|codes?|codigos?|codici|cups|ean|pod|pdl|r ?x)\b"
    r"(?! (?:was|were|era|eram|war|etait|fue|foi))[^.?!]{0,48}(?:\?|\.?$)"
)
"""A turn that ends with it asks for it."""
_SHOWN = (
    r"\b(?:displays?|screen|errors?|fault|version|flash\w*|meter|medidor|lock\w*|zahler\w*|anzeige|fehler\w*|ecran"
    r"|erreur|pantalla|visor|contador|contatore|compteur|schermo|errore|erro|tela|readings?)\b"
)
"""What a machine shows is nobody's."""
_IBAN = (
    r"\bibane?\b|\bi ban\b|\bkonto\w*|\bcuenta\b|\bcompte\b|\bconto\b|\bconta\b|\bbank account\b|uberweis\w*"
)
_YEAR = (
    r"\b(?:what|which) year\b|\bdel ano\b|\b(?:que|de que|qual|do) ano\b|welche[sm] jahr|jahrgang"
    r"|quelle annee"
    r"|\b(?:che|quale) anno\b|\bund das jahr\b|\bthe year\b|\bl'annee\b|\bl'anno\b|\bel ano\b|\bo ano\b"
)
_NAME = (
    r"\b(?:\w*name\w*|nom|prenom|nombre|apellidos?|nome|cognome|sobrenome|apelido|surname|who|wer|quien|qui|chi"
    r"|quem)\b"
)
_MODEL = r"\b(?:model|modelo|modele|modell|modello|typenschild)\b"
_CODE = r"\b(?:code|back|digits|codigo|codice|zahlen|ziffern|chiffres|cifre|dahinter|atras|detras|derriere)\b"
"""Close to a card's number: of its security code."""
AMOUNT_BEFORE = re.compile(
    r"(?:[$\u20ac\u00a3\u20b9]|\b(?:usd|eur|gbp|rs|rupees|euro|euros|dollars?|pounds?|for about|around"
    r"|roughly"
    r"|about|almost|nearly|another|extra|run|pay|costs?|until|till|since|desde|seit|depuis|from the)) ?$"
)
AMOUNT_AFTER = re.compile(
    r"[\s,]{0,2}(?:%|[$\u20ac\u00a3\u20b9]|(?:percent|per cent|por ciento|prozent|pour cent|por cento"
    r"|per cento|dollars?|bucks"
    r"|cents?|centavos|euros?|pounds?|quid|pence|rupees?|rupien|reais|real|pesos?|dolares|dirhams?|naira"
    r"|francs?"
    r"|franken|rand|ringgit|thousand|hundred|million|mille|mil|cento|cent|tausend|hundert|millones|milhoes"
    r"|minutes?|minutos?|minuten|minuti|mins?|hours?|horas?|stunden|heures?|ore|days?|dias?|tage?n?|jours?"
    r"|giorni|weeks?|semanas?|wochen|semaines?|settimane|months?|meses|monate?n?|mois|mesi|years?|anos"
    r"|jahre?n?|ans|anni|o'?clock|uhr|am(?! ende)|pm|a\.m|p\.m|a m|p m|megas?|meg|mbit|gigs?|gb|mb|kwh"
    r"|kilowatt\w*"
    r"|units?|gallons?|liters?|litres?|litros?|liter|kilos?|kg|miles?|km|metres?|meters?|times|veces|mal|fois"
    r"|volte|vezes|people|personas|seconds?|(?:im|pro) monat|(?:al|por) mes|par mois|al mese|(?:a|per) month"
    r"|kilometers?|kilometres?|quilometros?|kilometros?|chilometri|points?|puntos|degrees|grad|pages?|x)\b)"
)
"""Beside a number: it is an amount, a time, or so many of something."""
ISSUED_BEFORE = re.compile(
    r"\b(?:reference|ref|waybill|tracking|ticket|case|incident|job|complaint|folio|ticket|caso"
    r"|incidencia|reclamacion|referencia"
    r"|vorgangs?\w*|ticket\w*|fallnummer|referenz\w*|reference|dossier|incident|ticket|protocolo|ocorrencia"
    r"|referencia|pratica|segnalazione|riferimento)\b(?: (?:number|numero|nummer|nr|no|id|code|de \w+|di \w+"
    r"|d'\w+))?(?: (?:is|es|e|est|ist|lautet|sera|sara|will be|wird|el|la|le|il|o|das|die"
    r"|:))*[ ,:]*(?:\b[a-z] ?){0,3}$"
)
"""Names of what an agent opens and gives a number to."""


def _words(*pairs: tuple[str, str]) -> Words:
    return tuple((kind, re.compile(pattern)) for kind, pattern in pairs)


TOPICS: Words = _words(
    ("cvv", _CVV),
    ("expiry", _EXPIRY),
    ("payment_card", _CARD),
    ("national_id", _NATIONAL),
    ("date_of_birth", _BIRTH),
    ("phone", _PHONE),
    ("email", _MAIL),
    ("address", _ADDRESS),
    ("house", _HOUSE),
    ("account_number", _ACCOUNT),
    ("thing", _THING),
    ("model", _MODEL),
    ("code", _CODE),
    ("asked_for", _ASKED_FOR),
    ("shown", _SHOWN),
    ("year", _YEAR),
    ("iban", _IBAN),
    ("name", _NAME),
)
"""What a speaker says about a number, or what the other one asked for just before."""
