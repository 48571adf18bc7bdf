"""Bias and coverage of the methods of `sahel_classify.prevalence`, on archives drawn with a known share.

python benchmarks/prevalence.py [--draws 1000] [--seed 0]

A classifier with calibrated probabilities (scores normal in each class, two standard deviations apart; 20 % of the class where it was
trained) reads archives of 4,000 paragraphs whose share of the class is another. AC and EMQ get a validation sample of 500 from where it
was trained, PPI 400 labels drawn at random from the archive. CC's interval is for the sampling alone, so it is not expected to cover.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from sahel_classify.prevalence.archive import Prevalence
from sahel_classify.prevalence.counting import adjusted_count, classify_and_count
from sahel_classify.prevalence.expectation import emq
from sahel_classify.prevalence.powered import prediction_powered

SHARES = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6)
TRAINED, APART = 0.2, 2.0
ARCHIVE, VALIDATION, LABELLED = 4000, 500, 400
METHODS = ("cc", "ac", "emq", "ppi")


@dataclass(frozen=True)
class Reading:
    """Paragraphs as they are, and as the classifier reads them."""

    true: np.ndarray
    probabilities: np.ndarray

    @property
    def predicted(self) -> np.ndarray:
        """Whether the classifier says that they are of the class."""
        return self.probabilities >= 0.5


def drawn(n: int, share: float, rng: np.random.Generator) -> Reading:
    """Paragraphs of which each is of the class with this probability."""
    true = rng.random(n) < share
    score = rng.normal(np.where(true, APART / 2, -APART / 2))
    return Reading(true, 1 / (1 + np.exp(-APART * score) * (1 - TRAINED) / TRAINED))


def estimates(share: float, rng: np.random.Generator, bootstrap: int) -> dict[str, Prevalence]:
    """One archive, by every method."""
    archive, validation = drawn(ARCHIVE, share, rng), drawn(VALIDATION, TRAINED, rng)
    rows = rng.choice(ARCHIVE, LABELLED, replace=False)
    given = {"draws": bootstrap, "seed": int(rng.integers(2**31))}
    found = [
        *classify_and_count(archive.predicted, **given),
        *adjusted_count(archive.predicted, validation=(validation.true, validation.predicted), **given),
        *emq(archive.probabilities, validation=validation.true, **given),
        *prediction_powered(archive.probabilities, archive.true[rows], rows),
    ]
    return {p.method: p for p in found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000, help="archives for each share (default: 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bootstrap", type=int, default=200, help="bootstrap samples for each interval (default: 200)")
    options = parser.parse_args()
    print(f"{options.draws} archives of {ARCHIVE} for each share; trained at {TRAINED}; {VALIDATION} for AC and EMQ, {LABELLED} for PPI")
    print(f"{'share':>5}  {'':<5}" + "".join(f"{method:>9}" for method in METHODS))
    total: dict[str, list[np.ndarray]] = {method: [] for method in METHODS}
    held: dict[str, list[float]] = {method: [] for method in METHODS}
    for k, share in enumerate(SHARES):
        rng = np.random.default_rng([options.seed, k])
        runs = [estimates(share, rng, options.bootstrap) for _ in range(options.draws)]
        error = {m: np.array([run[m].estimate - share for run in runs]) for m in METHODS}
        for m in METHODS:
            total[m].append(error[m])
            held[m].append(float(np.mean([run[m].low <= share <= run[m].high for run in runs])))
        width = [np.mean([run[m].high - run[m].low for run in runs]) for m in METHODS]
        print(f"{share:5.2f}  bias " + "".join(f"{error[m].mean():+9.4f}" for m in METHODS))
        print(f"{'':5}  RMSE " + "".join(f"{np.sqrt(np.mean(error[m] ** 2)):9.4f}" for m in METHODS))
        print(f"{'':5}  width" + "".join(f"{w:9.4f}" for w in width))
        print(f"{'':5}  cover" + "".join(f"{held[m][-1]:9.3f}" for m in METHODS), flush=True)
    bias = {m: float(np.mean([abs(e.mean()) for e in total[m]])) for m in METHODS}
    print("mean |bias| " + "".join(f"{bias[m]:9.4f}" for m in METHODS))
    print("coverage    " + "".join(f"{np.mean(held[m]):9.3f}" for m in METHODS))
    within = all(0.93 <= h <= 0.97 for h in held["ppi"])
    print(f"PPI coverage at each share {min(held['ppi']):.3f} to {max(held['ppi']):.3f}: goal 0.93 to 0.97 {'met' if within else 'MISSED'}")
    print(f"EMQ bias / CC bias {bias['emq'] / bias['cc']:.3f}: goal at most 0.333 {'met' if bias['emq'] <= bias['cc'] / 3 else 'MISSED'}")


if __name__ == "__main__":
    main()
