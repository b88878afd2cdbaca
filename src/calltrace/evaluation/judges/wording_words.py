"""Words that make up the classes of ``wording``: plain writing, regular expressions without loops.

Six languages beside each other: a class means the same in each.
"""

WORDS: dict[str, str] = {
    "greeting": (
        r"good (?:morning|afternoon|evening|day)|^(?:hi|hello|hey|morning|afternoon|evening)\b"
        r"|\b(?:hi|hello|hey)|welcome to|you(?:'ve| have)? (?:reached|got through)"
        r"|thanks? (?:you )?for (?:calling|ringing|getting)|hola|buenos dias|buenas|bienvenid\w+"
        r"|gracias por (?:llamar|su llamada)|guten (?:tag|morgen|abend)|gru(?:ss|ß)|gruezi|servus|moin|hallo"
        r"|willkommen|danke fur (?:ihren )?anruf|bonjour|bonsoir|allo|salut|bienvenue"
        r"|merci d(?:e |')(?:votre appel|avoir appele|appeler)|bom dia|boa (?:tarde|noite)|ola\b|alo\b"
        r"|obrigad[oa] por (?:ligar|contactar)|bem[- ]vind\w+|buongiorno|buonasera|salve|pronto\b|ciao"
        r"|benvenut\w+|grazie (?:per|di) (?:aver|la)"
    ),
    "name": (
        r"my name(?:'s| is)|\w+ (?:speaking|here)\b|this is \w+|i'm \w+ (?:from|with|at)"
        r"|you're (?:through|speaking)|me llamo|mi nombre|le (?:atiende|habla|saluda)|soy \w+|al habla"
        r"|mein name|am (?:apparat|telefon)|sie sprechen mit|ich hei(?:ss|ß)e|hier (?:ist|spricht)"
        r"|je m'appelle|je suis \w+|a l'appareil|mon nom|c'est \w+ |meu nome|chamo me"
        r"|fala (?:a|o|com)|daqui fala|aqui (?:e|fala)|mi chiamo|il mio nome|sono \w+|parla con"
    ),
    "promise": (
        r"guarantee(?:d|s)?|\bpromise|\bswear\b|my word|\bassure|hundred per ?cent|100 ?%|no risk"
        r"|risk free|zero risk|can'?t (?:lose|fail|go wrong)|for (?:sure|certain)|definitely|without fail"
        r"|no matter what|garantiz\w+|garantizad\w+|promet\w+|\bjuro|le aseguro|aseguramos"
        r"|cien por cien\w*|sin riesgo|segurisim\w+|fijo que|garantier\w+|versprech\w+|versproch\w+"
        r"|schwor\w*|hundertprozentig|todsicher|hundert prozent|ohne risiko|auf jeden fall"
        r"|gar keine? frage|mein wort|je vous (?:le )?(?:garanti|promet|jure|assure|certifi)\w*"
        r"|garanti[es]? (?:que|a)|cent pour cent|sans (?:aucun )?risque|a coup sur"
        r"|c'est (?:garanti|certain|sur)|garant[oi]r?|garantimos|garantido|dou lhe a (?:minha )?palavra"
        r"|cem por cento|sem risco|de certeza|com certeza absoluta|garantisc\w+|promett\w+|giuro"
        r"|le assicuro|cento per cento|senza (?:alcun )?risch\w+|sicuro al|parola mia"
        r"|hand on (?:my )?heart|cross my heart|(?:on my|my) (?:mother|life|honou?r|children|kids)\b"
        r"|stake my|bet my|my own (?:pocket|purse)|(?:you )?mark my words|rest assured|trust me"
        r"|believe me|nothing can go wrong|cannot fail|mano en el fuego|por mi (?:madre|vida)"
        r"|por mis hijos|mil por mil|de mi bolsillo|confie en mi|descuide|duerma tranquil\w+"
        r"|brief und siegel|hand ins feuer|hand aufs herz|bei meiner ehre|glauben sie mir"
        r"|verlassen sie sich|tausendprozentig|main au feu|main a couper|croyez moi|sur la tete de"
        r"|de ma poche|dormez (?:tranquille|sur)|soyez (?:tranquille|sans crainte)|maos? no fogo"
        r"|pela minha (?:vida|mae|filha)|pelos meus filhos|do meu bolso|pode confiar|fique tranquil\w+"
        r"|esteja descansad\w+|mille per mille|mano sul fuoco|sui miei figli|sulla testa di|di tasca mia"
        r"|si fidi|stia (?:tranquill\w+|seren\w+)|mi gioco"
    ),
    "always": (
        r"\bnever\b|\balways\b|forever|for life|\bnunca\b|\bjamas\b|siempre|\bnie(?:mals)?\b|\bimmer\b"
        r"|ewig|\bjamais\b|toujours|a vie\b|sempre\b|\bmai\b|per sempre|no way\b|\bimpossible\b"
        r"|\bimpossivel|impossibile"
    ),
    "negation": (
        r"\bnot?\b|n't\b|\bcannot\b|\bnever\b|\bnobody\b|\bnothing\b|\bsin\b|\bnada\b|\bnadie\b|\bnicht"
        r"|\bkein\w*|\bnie(?:mand)?\b|\bpas\b|\brien\b|\bne\b|\bn'\w|\bsans\b|\bnao\b|\bninguem\b|\bsem\b"
        r"|\bnon\b|\bniente\b|\bnessun\w*|\bsenza\b|\bohne\b|\bwithout\b|hardly|unable"
    ),
    "condition": (
        r"\bif\b|unless|provided|otherwise|in case|\bsi\b|salvo que|a menos que|de lo contrario|\bwenn\b"
        r"|\bfalls\b|\bsofern\b|\bsonst\b|\bsauf\b|a moins|sinon|a condition|\bse\b|\bcaso\b|senao"
        r"|a menos|altrimenti|a meno che|purche"
    ),
    "told": (
        r"\bsaid\b|\bsays\b|\btold\b|promised|wrote|according to|colleague|previous|last (?:agent|person)"
        r"|letter says|\bdijo|\bdijeron|prometio|prometieron|companer\w+|segun\b|\bgesagt\b|kollege\w*"
        r"|kollegin|laut\b|hie(?:ss|ß) es|versprochen hat|\bdit que|a dit\b|ont dit|promis|collegue|selon\b"
        r"|\bdisse\w*|prometeu|colega|segundo o|\bdetto\b|promesso|collega|secondo (?:il|la|quanto)"
        r"|scrive|habeis dicho|le han dicho"
    ),
    "i": (
        r"\bi\b|\bi'(?:m|ll|ve|d)\b|\bme\b|\bmy\b|\byo\b|\bmi\b|\bich\b|\bmir\b|\bmich\b|\bje\b|\bj'"
        r"|\bmoi\b|\bmon\b|\beu\b|\bmeu\b|\bminha\b|\bio\b|\bmio\b|\bmia\b"
    ),
    "you": (
        r"\byou(?:r|rs|rself|'re|'ve|'ll|'d)?\b|\bya\b|\busted\w*|\bsu\b|\bsus\b|\btu\b|\bte\b|\bsie\b"
        r"|\bihn?en\b|\bihre?\w*|\bdu\b|\bvous\b|\bvotre\b|\bvos\b|\bvoce\b|\bo senhor\b|\ba senhora\b"
        r"|\bseu\b|\bsua\b|\blei\b|\bsuo\b|\bvoi\b"
    ),
    "we": (
        r"\bwe\b|\bour\b|\bus\b|nosotros|nuestr\w+|\bwir\b|\buns\w*|\bnous\b|\bnotre\b|\bnos\b|\bnoss\w+"
        r"|\bnoi\b|\bnostr\w+"
    ),
    "blame": (
        r"your (?:own )?fault|your (?:own )?(?:mistake|doing)|should(?:'ve| have)|ought to have|read the"
        r"|serves you|blame|su culpa|culpa suya|haber\w* (?:leido|pensado|mirado)|tendria que haber"
        r"|deberia haber|selber? schuld|ihre schuld|hatten sie|hatte man|votre faute|de votre faute"
        r"|il fallait|vous auriez du|fallait|culpa (?:sua|e sua)|devia ter|tivesse (?:lido|pensado)"
        r"|colpa sua|doveva (?:leggere|pensarci)|avrebbe dovuto|poteva (?:leggere|pensarci)|se lo sia"
    ),
    "shrug": (
        r"not my (?:problem|job|concern|department|business)|nothing to do with me|couldn't care"
        r"|can't be bothered|tough (?:luck)?|whatever\b|so what|no es (?:mi|asunto) \w+|me da igual"
        r"|que quiere que (?:le|yo)|\by que\b|nicht mein(?:e)? (?:problem|sache|bier)|geht mich nichts"
        r"|mir egal|\bna und\b|pech\b|pas mon (?:probleme|affaire|service)|m'est egal"
        r"|m'en (?:fiche|moque)|et alors|tant pis|nao e (?:problema )?(?:meu|comigo)|tanto me faz|e dai\b"
        r"|paciencia|azar\b|non (?:e )?(?:un )?(?:mio )?(?:problema mio|affare)|non mi riguarda"
        r"|non e affar mio|pazienza|e allora\b|e quindi\b|that's on you"
        r"|your (?:own )?(?:look ?out|problem)|now[gt]ht? to do with|tell someone who cares"
        r"|no es cosa mia|no (?:tengo )?nada que ver|alla usted|se apane|selbst sehen|ihr problem"
        r"|ist ihre sache|votre probleme|debrouillez|nada (?:tenho )?(?:a ver )?com isso|se vira"
        r"|desenrasque|problema seu|si arrangi|affari suoi|problema suo"
    ),
    "menace": (
        r"\bregret|\bsorry (?:you|for it)|be careful|watch (?:out|your|yourself)|warn(?:ing|ed)?\b"
        r"|consequences|know where|shame if|pity if"
        r"|your (?:boss|employer|neighbou?rs?|wife|husband|family|kids|children)|blacklist\w*|police"
        r"|arrest\w*|jail|immigration|cuidad\w+|arrepent\w+|consecuencias|su jefe|sus vecinos|policia"
        r"|carcel|lista negra|aufpassen|bereu\w+|folgen\b|passen sie auf|ihr chef|ihre nachbarn|polizei"
        r"|gefangnis|schwarze liste|regrett\w+|mefi\w+|votre (?:patron|employeur|famille)|vos voisins"
        r"|police\b|prison|liste noire|arrepende\w*|cuidado|seu (?:chefe|patrao)|seus vizinhos|cadeia"
        r"|prisao|pentir\w+|attent\w+ a|conseguenze|il suo (?:capo|datore)|i suoi vicini|polizia|galera"
        r"|know\w* where (?:you|he|she|they)|saben? donde|wei(?:ss|ß)\w* (?:ja )?wo|sa(?:it|vons|is) ou"
        r"|sab\w+ onde|sa(?:ppiamo)? dove|(?:a|real|great) (?:shame|pity)|seria una (?:pena|lastima)"
        r"|(?:ware|wäre) (?:doch )?schade|ce serait dommage|seria (?:uma )?pena|sarebbe un peccato"
        r"|accident|unfall|acciden\w+|incident[ei]"
    ),
    "secrecy": (
        r"between (?:you and me|us|ourselves)|off the record"
        r"|nobody(?:'ll| will)? (?:check|know|notice|ask)\w*"
        r"|no one(?:'ll| will)? (?:check|know|notice|ask)\w*|just (?:say|tell them|write|put|tick)"
        r"|didn't hear|keep it quiet|trick is|entre (?:nosotros|usted y yo|nous|nos)"
        r"|nadie (?:mira|se entera|comprueba|pregunta)|usted diga|ponga que|diga que|unter uns"
        r"|merkt (?:keiner|niemand)|pruft (?:keiner|niemand)|sagen sie einfach"
        r"|schreiben sie (?:einfach|rein)|personne (?:ne )?(?:verifie|regarde|saura)|dites (?:juste|que)"
        r"|mettez que|vous n'avez qu'a dire|ninguem (?:ve|confere|vai|pergunta)|diga (?:so|que)|ponha que"
        r"|fra (?:noi|me e lei)|nessuno (?:controlla|guarda|se ne accorge)|dica (?:solo|che)|scriva che"
        r"|basta dire"
    ),
    "scorn": (
        r"stupid|idiot\w*|moron|dumb|clown|ridiculous|pathetic|ignoran\w+|lazy|genius|clever|sunshine"
        r"|sweetheart|\blove\b|\bdear\b|darling|grow up|calm down|even you|people like you|you people"
        r"|\byou lot\b|your age|tont\w+|idiota\w*|inutil|ridicul\w+|list[oa]\b|cari[nñ]o|guapa|hija mia"
        r"|calmese|gente como|a su edad|dumm\w*|blod\w*|depp\w*|lacherlich|schlau\w*|madchen|schatz\w*"
        r"|leute wie sie|in ihrem alter|beruhig\w+|bete|stupide|debile|malin"
        r"|ma (?:petite|pauvre|grande) dame|mon (?:petit|pauvre|grand)|gens comme vous|a votre age|calmez"
        r"|burr[oa]|palerma|esperto|minha (?:filha|querida)|meu (?:filho|caro)|na sua idade|acalme"
        r"|stupid\w*|cretin\w*|scem\w+|furb\w+|genio|signora mia|bella mia|gente come|alla sua eta"
        r"|si calmi|a drawing|dibujo|dessin\b|desenh\w+|disegn\w+|brille\b|lunettes|gafas|oculos|occhiali"
        r"|too (?:thick|dim|slow)|\bthick\b|\bdaft\b|zu (?:bled|dumm|bloed)|deppert|empote\w*"
        r"|tap[aeo]d\w*|trouxa|\bblind\b|asleep|wake up|open your eyes|despiert\w+|ciego|schlafen"
        r"|aufwachen|augen auf|dormir|reveill\w+|les yeux|acord[ae]\b|cego|svegli\w*|dormire|gli occhi"
        r"|can you read|drama\w*|hyster\w+|\bbless (?:you|him|her|them)|poor thing|pobrecit\w+|coitad\w+"
        r"|poverett\w+"
    ),
    "rules": (
        r"terms|policy|contract|agreement|clause|by law|legal\w*|court|solicitor|lawyer|bailiff|debt"
        r"|collection|contrat\w+|clausula|por ley|juzgado|abogad\w+|vertrag\w*|bedingungen|klausel"
        r"|gericht\w*|anwalt\w*|inkasso|mahn\w+|gesetz\w*|huissier|tribunal|avocat|\bloi\b|contrato"
        r"|regulamento|advogad\w+|\blei\b|contratto|condizioni|legge|avvocat\w+|tribunale|recupero"
    ),
    "consent": (
        r"may i|can i|could i|do you mind|would you mind|is (?:it|that) (?:ok|okay|all right)|if that's"
        r"|le importa|puedo|le parece|darf ich|kann ich|ist das (?:ok|in ordnung|recht)|passt das|puis je"
        r"|je peux|ca vous va|vous convient|posso|pode ser|importa se|le dispiace"
        r"|va bene (?:se|cosi|per lei)|does that (?:work|suit)"
    ),
    "question": (
        r"\b(?:what|which|when|where|who|how|why|que|cual|cuando|donde|quien|como|por que|was|welche\w*"
        r"|wann|wo|wer|wie|warum|worum|quel(?:le)?s?|quand|ou|qui|comment|pourquoi|qual|quando|onde|quem"
        r"|porque|cosa|quale|dove|chi|come|perche)\b"
    ),
    "day": (
        r"monday|tuesday|wednesday|thursday|friday|tomorrow|today|tonight|within|by (?:the|noon|five|end)"
        r"|hours?\b|days\b|lunes|martes|miercoles|jueves|viernes|manana|hoy\b|horas\b|dias\b|montag"
        r"|dienstag|mittwoch|donnerstag|freitag|morgen\b|heute|stunden|tage?n?\b|lundi|mardi|mercredi"
        r"|jeudi|vendredi|demain|aujourd'hui|heures|jours|segunda|terca|quarta|quinta|sexta|amanha|hoje"
        r"|lunedi|martedi|mercoledi|giovedi|venerdi|domani|oggi|giorni"
    ),
    "purpose": (
        r"(?:call|ring|phon|writ)ing (?:you )?(?:back )?(?:again )?(?:about|to|regarding|because|on|with|in)"
        r"|reason (?:for|i|of)|(?:it's|this is|that's) (?:about|to do with|regarding|concerning)"
        r"|in relation to|(?:le|lo|la|te) llam\w+ (?:por|para|de)|motivo de|es (?:por|sobre|acerca)"
        r"|es geht um|geht um|rufe (?:\w+ )?(?:an|wegen)|melde mich|wegen (?:ihre|der|des|einer)"
        r"|appelle (?:pour|au sujet|parce|concernant|a propos)|c'est (?:pour|au sujet|a propos)"
        r"|au sujet de|concernant|ligo (?:para|por|porque)|(?:estou|tou) a ligar|ligando (?:para|por)"
        r"|e (?:sobre|por causa)|a respeito|(?:la|ti|vi) (?:chiamo|contatto) (?:per|perche|in merito)"
        r"|chiamo per|riguardo|in merito|si tratta"
    ),
    "help": (
        r"(?:can|may|could) i (?:help|assist|do for|direct)|can we (?:help|do)|what can (?:i|we)"
        r"|how can we|what's (?:going|up|the matter)|what (?:do|did) you need|what brings|brought you"
        r"|en que (?:puedo|le|podemos)|que se le ofrece|que (?:necesita|deseaba|pasa)|digame|cuenteme"
        r"|(?:kann|darf) ich (?:fur sie|ihnen)|was kann ich|womit (?:kann|darf)|wie kann ich|worum geht"
        r"|was gibt's|que puis je|en quoi puis|comment puis|je vous ecoute|c'est pour quoi"
        r"|qu'est ce (?:qui|que je)|dites moi|em que posso|posso ajudar|o que (?:precisa|se passa|deseja)"
        r"|diga me|come posso|in (?:che )?cosa posso|mi dica|posso (?:esserle|aiutar)"
    ),
    "hold": (
        r"hold (?:on|the line|please)|on hold|one (?:moment|second|sec|minute)"
        r"|just a (?:moment|second|sec|minute)|bear with|hang on"
        r"|un (?:momento|segundo|momentito|minuto|instante)|no cuelgue|en espera"
        r"|(?:einen|kleinen) (?:moment|augenblick)|augenblick|sekunde|warteschleife|dranbleiben"
        r"|un (?:instant|moment|petit instant)|ne quittez pas|patient\w+|en attente"
        r"|um (?:momento|momentinho|segundo|minuto|instante|bocadinho)|aguard\w+|attend\w+|un attimo"
        r"|resti in linea|in attesa"
    ),
    "back": (
        r"(?:thanks|thank you|thx) for (?:holding|waiting|your patience|bearing|hanging)|i'm back"
        r"|still there|gracias por (?:esperar|la espera|su paciencia)|ya estoy|sigue ahi|da bin ich"
        r"|danke (?:furs|fur das|fur ihre|dass)|bin wieder|sind sie noch"
        r"|merci (?:d'avoir|de votre|pour votre) (?:patient\w+|patience|attente|attendu)|me revoil\w+"
        r"|obrigad\w+ por (?:aguardar|esperar|ter)|ja (?:estou|ca)"
        r"|grazie (?:per|dell') ?(?:l'|la )?(?:attesa|pazienza|aver)|eccomi"
    ),
    "more": (
        r"(?:any|some)thing else|anything more|algo mas|otra cosa|sonst noch|noch etwas|noch was"
        r"|autre chose|encore quelque|mais alguma|mais nada|outra coisa|qualcos'?a? ?altro"
        r"|bisogno d'altro|serve altro|altro che"
    ),
    "farewell": (
        r"\bbye|goodbye|good ?night|take care|have a (?:good|nice|great|lovely)|adios"
        r"|hasta (?:luego|pronto|la vista)|que (?:tenga|le vaya)|buen dia|wiederho\w+|wiederseh\w+"
        r"|tschus\w*|schonen (?:tag|abend|nachmittag)|servus|au revoir"
        r"|bonne (?:journee|soiree|fin|continuation)|a bientot|adeus|ate (?:logo|amanha|a proxima|breve)"
        r"|(?:boa|bom|uma boa) (?:tarde|noite|dia|semana)|arrivederci|buona (?:giornata|serata|sera)"
        r"|a presto|ciao"
    ),
    "detail": (
        r"balance|outstanding|you owe|your account|your (?:last )?(?:bill|order|booking|policy|plan)"
        r"|i (?:can )?see|showing|on the system|saldo|debe\b|su (?:cuenta|factura|pedido|poliza)|veo"
        r"|aqui (?:me )?(?:aparece|sale)|kontostand|offen\w*"
        r"|ihr(?:e)? (?:konto|rechnung|vertrag|bestellung)|ich sehe|steht hier|solde"
        r"|votre (?:compte|facture|contrat|commande|dossier)|je vois|sua (?:conta|fatura|encomenda)"
        r"|seu (?:saldo|contrato|pedido)|vejo|consta|il suo (?:saldo|conto|contratto|ordine)"
        r"|la sua (?:bolletta|fattura)|vedo|risulta"
    ),
    "mockery": (
        r"congratulat\w+|well done|\bbravo\b|medal|clap|impressive|enhorabuena|felicidades|gluckwunsch\w*"
        r"|gratulier\w+|applaus|felicitation\w*|chapeau|parabens|palmas|compliment\w+|auguri|applaus\w+"
    ),
    "reading": (
        r"\bread(?:ing|s)?\b|page \w+|small print|leaflet|booklet|letra pequena|\ble[iy]\w{2,4}\b"
        r"|\bleer\b|folleto|gelesen|lesen|kleingedruckt\w*|seite \w+|\blire\b|\blu\b|relire|page\b"
        r"|petits caracteres|\bler\b|\bleu\b|\blido\b|letrinhas|pagina|leggere|\bletto\b|legge(?:va|sse)"
    ),
    "able": (
        r"\bable\b|capab\w+|manag\w+|\bcapa[zc]\w*|sabe (?:usted )?(?:leer|usar|hacer)|fahig|in der lage"
        r"|schaffen|capables?\b|saviez|savez|consegu\w+|soube\w*|riesc\w+|riusc\w+|sapess\w+"
    ),
    "price_of_waiting": (
        r"today only|last chance|before (?:i|you) (?:hang|put)|right now|or (?:it's|you) (?:gone|lose)"
        r"|expires|solo (?:hoy|por hoy)|ultima oportunidad|ahora o nunca|manana ya|nur heute"
        r"|letzte chance|jetzt oder|morgen (?:ist|gibt)|aujourd'hui seulement|derniere chance"
        r"|tout de suite|so hoje|ultima oportunidade|agora ou|amanha ja|solo oggi|ultima occasione"
        r"|adesso o|domani non"
    ),
    "taping": (
        r"\b(?:re)?record(?:ed|ings?|in|s|er)?\b|\btap(?:es?|ed|ing)\b|monitor\w*"
        r"|listen(?:s|ed|ing)? (?:in|to|back)|\baudio\b|sound file|\breel\b|eavesdrop\w*"
        r"|\bgrab(?:a|o|e|an|ar|ad|am|ac)\w*|\bcinta\b|registrad\w+|escuch(?:a|ad|as|ar)\b|superv\w+"
        r"|(?:mit)?(?:auf|uff?)(?:ge|je)?zeichn\w*|\baufnahme\w*|zeichne\w* .{0,40}\bauf\b"
        r"|(?:mit|\b)(?:auf|uff?)(?:ge|je)nomm\w*|\baufnehm\w*|n(?:ehmen?|immt) .{0,40}\bauf\b"
        r"|mit(?:ge)?schn\w+|schneide\w* .{0,40}\bmit\b|\bmit ?(?:ge)?hor\w*|\b(?:ton)?band(?:er|es)?\b"
        r"|rekorder|(?:lauft|laufen) .{0,24}\bmit\b|mitlauf\w*|enregistr\w+|\bbande\b"
        r"|\b(?:re ?)?ecout(?:e|ee|ees|er|es)\b|\bmagneto\w*|\bgrava(?!t|me)\w*|\bgrav(?:o|em|ou|amos)\b"
        r"|\bfitas?\b|\bescut(?:a|ad)\w*|\bregist(?:r?ad|r?a|ri)\w*|\bnastro\b|\bincis[aoei]\b"
        r"|\bsonor\w+|ascolt(?:at|are)\w*"
    ),
    "keeping": (
        r"\bkep?t\b|\bkeep\w*|\bstor(?:e|es|ed|ing)\b|\bsav(?:e|ed|ing)\b|retain\w*|\barchiv\w+"
        r"|\bcaptur\w+|on file|\bheld\b|\bguard(?:a|o|am|ad)\w*|[ck]onserv\w+|almacen\w+"
        r"|(?:ge)?speicher\w+|aufbewahr\w*|aufgehoben|\bgard(?:e|ons|er|ee?s?)\b|stock\w+|armazen\w+"
        r"|arquiv\w+|salvat\w+|custodi\w+|tenut[aoei]\b|\bserver\b"
    ),
    "this_call": (
        r"\bcall(?:s|ing)?\b|\blines?\b|\bphone\b|conversations?"
        r"|what(?:ever)? (?:we|you|is|gets) (?:say|said|talk|speak)\w*"
        r"|every(?:thing|\ word) (?:we|you|that|said)|\bwe (?:both )?(?:talk|speak|say|discuss)"
        r"|[gj]esprach\w*|anruf\w*|telefonat\w*|\btelefon\b|leitung\w*"
        r"|was (?:wir|sie|hier|wa) .{0,16}(?:sag|sprech|red|besprech)\w*|llamad\w+|conversac\w+"
        r"|lo que (?:habl|dec|dig|dij)\w+|\blinea\b|\bappels?\b|communications?\b|\bpropos\b|\bligne\b"
        r"|\bechanges?\b|(?:ce qu'on|ce que nous) (?:dit|disons)|chamad\w+|ligac\w+|telefonema\w*"
        r"|\bconversa\w*|\blinha\b|o que (?:a gente |aqui |se )*(?:fal|diss|diz)\w+|chiamat\w+"
        r"|quello che (?:dic|diciamo)\w*|colloqui\w*|chiacchierat\w+"
    ),
    "other_record": (
        r"\bnot(?:es?|ed|ing)\b|\blog(?:s|ged|ging)?\b|\bticket\w*|\bsystem\w*|voice ?mail|\bmessage\w*"
        r"|camera\w*|cctv|footage|dash ?cam|photo\w*|picture|video\w*|receipt|screen\w*|medical"
        r"|\brequest|complaint|\breading|survey|payment|\banot\w+|\bapunt\w*|sistema|buzon|mensaje"
        r"|camara\w*|pantalla|solicitud|queja|lectura|encuesta|notiz\w*|notier\w*|vermerk\w*|akte\b"
        r"|mailbox|nachricht\w*|kamera\w*|bildschirm\w*|antrag\w*|beschwerde|zahlerstand|umfrage|dossier"
        r"|systeme|messagerie|boite|ecran|demande|reclamation|releve|enquete|mensage\w*|ecra\b|tela\b"
        r"|pedido|reclamac\w+|leitura|inquerito|pratica|segreteria|messaggi\w*|telecamer\w*|schermo"
        r"|richiesta|reclamo|lettura|sondaggio|annot\w+"
    ),
    "for_quality": (
        r"training|quality|coaching|\bqa\b|purposes|calidad|formacion|\bseguridad\b|qualitat\w*"
        r"|schulung\w*|ausbildung|sicherung|\bqualite\b|formation|\bqualidade\b|formacao|seguranca"
        r"|\bqualita\b|formazione|sicurezza|tutela|\bpreuve\b|nachweis\w*|beweis\w*|\bpro(?:of|va|vas)\b"
    ),
}
