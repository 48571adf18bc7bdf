"""The shipped model: made from the committed labels, small, and right on the seeds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import sahel_classify as sc
from sahel_classify.bundle import read_manifest
from sahel_classify.evaluation import score
from sahel_classify.labels.lint import lint
from sahel_classify.model import shipped_model_path

ROOT = Path(__file__).resolve().parents[1]


def test_shipped_model_was_trained_from_the_committed_labels() -> None:
    """Its fingerprint is that of labels/: after any change there the model must be trained anew."""
    labels = sc.read_labels(ROOT / "labels")
    metadata = read_manifest(shipped_model_path())["metadata"]
    assert metadata["fingerprint"] == labels.fingerprint(), "run: sahel-classify train labels -o src/sahel_classify/data/sahel.model"
    assert metadata["paragraphs"] == len(labels.paragraphs)


def test_seeds_are_held_out() -> None:
    """No paragraph of the seeds stands in the labels."""
    training = {" ".join(p.text.split()) for p in sc.read_labels(ROOT / "labels").paragraphs}
    seeds = [json.loads(line) for line in (ROOT / "seeds" / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(seeds) >= 36
    assert not [r["id"] for r in seeds if " ".join(r["text"].split()) in training]


def test_seed_labels_are_the_paragraphs_of_the_articles() -> None:
    """seeds/labels.jsonl labels exactly the paragraphs that the command makes of seeds/*.txt."""
    from sahel_classify.inputs import read_documents

    documents = read_documents([str(path) for path in sorted((ROOT / "seeds").glob("*.txt"))])
    seeds = [json.loads(line) for line in (ROOT / "seeds" / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {d.id: d.text for d in documents} == {r["id"]: r["text"] for r in seeds}


def test_shipped_model_does_well_on_the_seeds() -> None:
    """The smoke test of every change: topics and stances of six articles."""
    paragraphs = sc.read_labels(ROOT / "seeds" / "labels.jsonl").paragraphs
    predictions = sc.load().predict([p.text for p in paragraphs], headlines=[p.headline for p in paragraphs])
    scores = score(paragraphs, predictions, intervals=False)
    assert scores["topics"]["micro_f1"] >= 0.75
    assert scores["stances"]["detection_f1"] >= 0.8
    assert scores["stances"]["accuracy"] >= 0.6


def test_shipped_model_is_small() -> None:
    """At most 8 MB."""
    assert shipped_model_path().stat().st_size <= 8_000_000


def test_no_paragraph_poses_as_the_dispatch_of_a_real_agency() -> None:
    """The paragraphs are composed: an agency may be quoted in one, but neither heads nor signs it."""
    agency = r"(?:AFP|AP|Reuters|Associated Press|Agence France-Presse|Xinhua|Tass|Anadolu|APA|PANA|AIB|AMAP|ANP|EFE|dpa|Belga)"
    heads = re.compile(rf"^.{{,60}}\({agency}\)\s*[-–—:]|^{agency}\s*[-–—:]", re.IGNORECASE)
    signs = re.compile(rf"(?:[-–—/(©]|\b(?:avec|with))\s*{agency}\)?\s*\.?$", re.IGNORECASE)
    paragraphs = sc.read_labels(ROOT / "labels").paragraphs
    assert [p.id for p in paragraphs if heads.search(p.text) or signs.search(p.text.rstrip())] == []


def test_labels_are_clean() -> None:
    """The linter finds no error in labels/ or in the seeds."""
    findings = [*lint(ROOT / "labels"), *lint(ROOT / "seeds" / "labels.jsonl")]
    assert [str(finding) for finding in findings if finding.severity == "error"] == []
