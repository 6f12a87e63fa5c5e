"""Words that carry no topic: articles, pronouns, question words, prepositions, auxiliaries.

They are left out of the lexical index. In a language of its own each would weigh little anyway,
but where pages are in both Bokmål and Nynorsk the rarer form's "kva" or "ikkje" would look like a
rare word and draw a question to whatever page shares it. Common dialect spellings belong here too.
"""

from __future__ import annotations

SWEDISH = frozenset(
    """
    jag du han hon hen den det vi ni de dom mig mej dig dej honom henne oss er dem sig sej man
    min mitt mina din ditt dina sin sitt sina hans hennes dess vår vårt våra ert era deras
    en ett denna detta dessa denne någon nån något nåt några nåra ingen inget inga all allt alla
    vad va vem vems vilken vilket vilka hur när var vart varför varifrån
    och o eller men utan för så att om som än då därför eftersom fast både
    i på av till från med mot hos vid under över efter före mellan genom åt ur in ut upp ner
    är e vara var varit vore blir bli blev blivit har ha hade haft kan kunna kunde kunnat
    ska skall skulle vill vilja ville måste får få fick fått bör borde brukar gör göra gjort
    inte ej icke aldrig också även bara ju väl nog nu då här där hit dit dock redan ännu
    ja nej hej tack
    """.split()
)

NORWEGIAN = frozenset(
    """
    jeg du han hun den det vi dere de meg deg ham henne oss dem seg man en
    min mi mitt mine din di ditt dine sin si sitt sine hans hennes dens dets vår vårt våre deres
    et ei denne dette disse noen noe ingen alt alle
    hva hvem hvilken hvilket hvilke hvordan når hvor hvorfor åssen
    og eller men for så at om som enn da fordi både
    i på av til fra med mot hos ved under over etter før mellom gjennom ut inn opp ned
    å er være var vært blir bli ble blitt har ha hadde hatt kan kunne kunnet
    skal skulle vil ville må måtte får få fikk fått bør burde pleier gjør gjøre gjort
    ikke aldri også bare jo vel nok nå her der hit dit allerede ennå
    ja nei hei takk
    eg ho dykk dokker me vi dei henne seg ein eit mitt mine di ditt dykkar hennar deira
    denne dette desse nokon noko nokre ingen inga alt alle
    kva kven kva kvifor korleis korleis kor når korfor kvar
    eller men så at om som enn då fordi
    frå hjå ved etter før mellom gjennom ut inn opp ned
    vere vera var vore blir bli blei vart vorte verte har ha hadde hatt kan kunne kunna
    skal skulle vil vilja ville må måtte får få fekk fått bør burde gjer gjere gjera gjort
    ikkje aldri også òg berre jo vel nok no her der alt enno
    nei hei takk
    æ e ka kem kemm koffer kossen ikke itte ikkje æg je dem dåkker hu te
    """.split()
)

FUNCTION_WORDS = {"sv": SWEDISH, "no": NORWEGIAN}
