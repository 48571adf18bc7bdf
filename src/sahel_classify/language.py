"""A guess of a paragraph's language from its function words and script."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

__all__ = ["SUPPORTED_LANGUAGES", "guess_language"]

SUPPORTED_LANGUAGES: Final = ("fr", "en")

# Folded function words by language (ISO 639-1). Those of the neighbours serve to know what is not French or English.
FUNCTION_WORDS: Final[Mapping[str, frozenset[str]]] = {
    language: frozenset(text.split())
    for language, text in {
        "fr": """le la les l un une des du de d et a au aux en dans par pour sur avec sans sous ce cet cette ces son sa ses leur leurs
            qui que qu quoi dont ou ne n pas plus est sont etait ont ete etre avoir il elle ils elles on nous vous je j se s y mais
            donc car si comme entre depuis selon apres avant contre vers chez tout tous toute toutes aussi meme deux notre nos mon ma
            c m t lui fait faire peut cela ca tres bien encore deja alors ainsi lors quand""",
        "en": """the of and to in a is was were are be been being for on with as by at from that this these those it its he she they we
            you i his her their our who which what when where has have had not no but or an if than then there will would can could
            should may might must do does did after before about into over under more most some any all also between against during
            while since because s t said one two new us them""",
        "es": """de la un una el los las unos unas del al y en con por para sin sobre que se su sus es son fue fueron era han ha hay
            pero como mas muy este esta estos estas ese esa lo le les nos yo no si entre desde hasta cuando donde quien tambien
            ya todo todos porque ser sido esta estan tiene""",
        "pt": """o os as um uma uns umas do da dos das no na nos nas ao aos e em com por para sem sobre que se seu sua seus suas foi foram
            era sao tem mas como mais muito este esta isto isso nao ou quando onde quem tambem ja todo todos porque pelo pela entre
            ate ser sido esta estao""",
        "it": """il lo gli uno una del della dei delle degli al alla ai alle nel nella nei e ed in con per da dal dalla che si suo sua suoi
            sono era ha hanno ma come piu molto questo questa questi non o quando dove chi anche gia tutto tutti perche tra fra
            essere stato stata""",
        "de": """der die das den dem des ein eine einen einem einer und in im mit auf fur von zu zum zur bei nach aus ist sind war waren hat
            haben wird werden nicht auch als wie aber oder sich er sie es wir ihr ich sein seine ihre dass wenn noch nur uber unter
            zwischen gegen durch vor""",
        "nl": """het een van en op met voor door bij naar uit zijn was waren heeft hebben wordt worden niet ook als maar of zich hij zij wij
            dat deze dit die er nog tegen tussen om aan over""",
        "ha": """da na ta ya ba ne ce wani wata wasu cewa yana tana suna sun zai za su shi ita mu ku don domin amma ko kuma har daga cikin
            kan wannan wadannan wadanda wanda yi yin kasar kasa gwamnati bayan tsakanin ga akan saboda""",
        "bm": """ye ka ma bɛ be ni min o ani la na tɛ te kɛ ke ko cɛ ce fo an aw u i den mogo mɔgɔ sɔrɔ bamana jamana kɔnɔ kono""",
        "ff": """e ko nde ngam wonde haa on ɗe ɗum ɓe kadi wonaa fuu nder dow gada ena maa hono kala""",
        "sw": """ya wa na kwa ni katika za la cha vya kuwa hii hiyo huyo hao wao yake wake lakini au pia baada kabla nchi watu serikali kama
            hakuna bila kutoka hadi alisema""",
        "wo": """ci ak bi yi mu di la nga ñu bu gi mbokk dañu amul rekk ngir waaye itam ba""",
        "tr": """ve bir bu da de ile icin olarak olan gibi daha cok ama ancak sonra kadar en ise ne o her mi degil tarafindan""",
    }.items()
}

_LANGUAGES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    word: tuple(language for language, known in FUNCTION_WORDS.items() if word in known)
    for word in sorted(set().union(*FUNCTION_WORDS.values()))
}

# The letters of these blocks are read by their Unicode name: a text mostly in them is in none of the languages above.
_LATIN: Final = "LATIN"


def guess_language(forms: Sequence[str]) -> str | None:
    """The language of a paragraph given as folded words.

    Parameters
    ----------
    forms : sequence of str
        Words as `sahel_classify.text.words` gives them.

    Returns
    -------
    str or None
        ``"fr"`` or ``"en"``; the code of another language whose function words are plainly more frequent;
        ``"und"`` (ISO 639-2, undetermined) for a script other than Latin; None where too little tells.

    Examples
    --------
    >>> from sahel_classify.text import words
    >>> guess_language(words("Le ministre a salué l'accord conclu avec la Russie."))
    'fr'
    >>> guess_language(words("El ministro ha visitado la capital con los embajadores de los países vecinos."))
    'es'
    >>> guess_language(words("أعلن الجيش المالي عن مقتل عشرات المسلحين"))
    'und'
    """
    if not forms:
        return None
    letters = [] if "".join(forms).isascii() else [c for form in forms[:60] for c in form[:3] if c.isalpha()]
    if letters:
        latin = sum(c.isascii() or unicodedata.name(c, "").startswith(_LATIN) for c in letters)
        if latin < len(letters) / 2:
            return "und"
    hits = dict.fromkeys(FUNCTION_WORDS, 0)
    for form in forms:
        for language in _LANGUAGES_OF.get(form, ()):
            hits[language] += 1
    supported = max(SUPPORTED_LANGUAGES, key=lambda language: hits[language])
    other = max(hits, key=lambda language: hits[language])
    # A foreign language must win clearly: its short words are French or English words too.
    if other not in SUPPORTED_LANGUAGES and hits[other] >= 3 and hits[other] >= 1.25 * hits[supported] and hits[other] >= len(forms) / 6:
        return other
    if hits[supported] == 0:
        return None
    return supported
