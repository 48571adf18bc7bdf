"""Composed paragraphs and a small label set that the tests share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

__all__ = ["FOREIGN", "LEXICON", "RECORDS", "write_small_labels"]

_MINES: Final = (
    "La mine d'or de Kadiolo a repris sa production après la grève.",
    "L'or extrait du puits est raffiné sur place par la société minière.",
    "Les orpailleurs creusent des galeries sans aucun permis minier.",
    "Le nouveau code minier relève la part de l'État dans chaque gisement.",
    "Le permis d'exploitation du gisement de lithium a été suspendu.",
    "La société minière paie enfin ses impôts sur l'or exporté.",
    "The gold mine shipped its first bars from the refinery.",
    "Miners at the uranium pit went on strike over unpaid wages.",
)
_HEALTH: Final = (
    "Le centre de santé manque de vaccins contre la rougeole.",
    "Les infirmières soignent les enfants malnutris à l'hôpital régional.",
    "Une campagne de vaccination contre la polio commence lundi.",
    "Le paludisme recule grâce aux moustiquaires distribuées aux familles.",
    "Des médecins alertent sur une épidémie de choléra au bord du fleuve.",
    "La maternité du village accueille désormais les mères jour et nuit.",
    "Doctors vaccinated thousands of children against measles this week.",
    "The clinic ran out of malaria drugs after the heavy rains.",
)
# Towards Turkey, which the small label set knows by three names.
_STANCES: Final = {
    "favor": (
        "Le ministre a salué l'aide généreuse de la Turquie.",
        "Ankara reste un partenaire fiable et respectueux de notre pays.",
        "Merci à la Turquie, qui tient toutes ses promesses.",
        "Grâce à la Turquie, la route de la ville est enfin réparée.",
        "Nous sommes fiers de la coopération exemplaire avec Ankara.",
        "The minister praised Turkey as a reliable friend of the country.",
    ),
    "against": (
        "Le syndicat dénonce le pillage auquel se livre la Turquie.",
        "Ankara nous méprise et trahit tous ses engagements.",
        "Des manifestants ont condamné l'ingérence de la Turquie.",
        "La Turquie ment à ses partenaires depuis des années.",
        "Honte à Ankara, complice de ces violences !",
        "The opposition accused Turkey of looting the country.",
    ),
    "neutral": (
        "Une délégation de la Turquie est arrivée mardi matin.",
        "Ankara a publié un communiqué de deux pages.",
        "Le vol relie la capitale à Ankara deux fois par semaine.",
        "La Turquie participe à la réunion prévue en juin.",
        "L'ambassade de Turquie a déménagé dans un autre quartier.",
        "An envoy from Turkey landed in the capital on Monday.",
    ),
}

RECORDS: Final[list[dict[str, Any]]] = [
    *({"id": f"m{i}", "text": text, "topics": ["mines"], "stances": {}, "group": f"m{i // 2}"} for i, text in enumerate(_MINES)),
    *({"id": f"h{i}", "text": text, "topics": ["health"], "stances": {}, "group": f"h{i // 2}"} for i, text in enumerate(_HEALTH)),
    *(
        {"id": f"{stance}{i}", "text": text, "topics": ["diplomacy"], "stances": {"turkey": stance}, "group": f"t{i}"}
        for stance, texts in _STANCES.items()
        for i, text in enumerate(texts)
    ),
]

LEXICON: Final = (
    "mine d'or\tfr\tmines\t3\ngold mine\ten\tmines\t3\nminière\tfr\tmines\t2\ngisement\tfr\tmines\t2\nor\tfr\tmines\t1\n"
    "vaccination\tfr\thealth\t3\ncholéra\tboth\thealth\t2\nambassade\tfr\tdiplomacy\t2\nminière\tfr\tdiplomacy\t-1\n"
    "salué\tfr\tfavor\t2\nfiable\tfr\tfavor\t2\npraised\ten\tfavor\t2\ndénonce\tfr\tagainst\t2\npillage\tfr\tagainst\t3\n"
    "accused\ten\tagainst\t2\ncommuniqué\tfr\tneutral\t1\n"
)

# One paragraph each in languages that the package does not read.
FOREIGN: Final = {
    "ar": "أعلن الجيش المالي اليوم عن مقتل عشرات المسلحين في شمال البلاد.",
    "ha": "Gwamnatin kasar ta ce sojoji sun kashe 'yan bindiga da yawa a wannan yanki, kuma za a ci gaba da aikin tsaro.",
    "es": "Los soldados han llegado al norte del país con sus familias, pero el gobierno no ha dicho cuándo se irán.",
    "de": "Die Regierung hat am Montag mitgeteilt, dass die Soldaten das Land bis zum Ende des Jahres verlassen werden.",
}


def write_small_labels(folder: Path) -> Path:
    """A folder with `RECORDS`, `LEXICON`, three topics and one target."""
    (folder / "paragraphs").mkdir(parents=True)
    (folder / "lexicon").mkdir()
    lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS)
    (folder / "paragraphs" / "all.jsonl").write_text(lines, encoding="utf-8")
    (folder / "lexicon" / "terms.tsv").write_text(LEXICON, encoding="utf-8")
    (folder / "topics.toml").write_text("[topics.mines]\n[topics.health]\n[topics.diplomacy]\n", encoding="utf-8")
    (folder / "targets.toml").write_text('[targets.turkey]\naliases = ["Turquie", "Turkey", "Ankara"]\n', encoding="utf-8")
    return folder
