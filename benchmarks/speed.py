"""Speed, memory and size of the shipped model, as ratios to peers trained on the same labels and measured in the same run.

    python benchmarks/speed.py                      everything but training and wheel; takes minutes to an hour, see --largest
    python benchmarks/speed.py --largest 100000     the scaling curve up to 100,000 paragraphs only
    python benchmarks/speed.py --train --wheel      training and the size of the wheel, too
    python benchmarks/speed.py --readme             write table, curve and plot for README.md
    python benchmarks/speed.py --small              the form for continuous integration: no fastText, no plot, under 90 seconds

Peers need: pip install -e '.[benchmark]'. One that is missing is left out. ``--small`` exits with status 1 if `predict` is
less than half of ``--floor`` times as fast as the scikit-learn pipeline; the default is `SKLEARN_FLOOR` below.
Nothing else sets the status: seconds and megabytes a second differ from machine to machine.

What is measured
    The corpus: distinct paragraphs of three to five sentences drawn from the labels, from one language each, as many French
    and English ones as the labels have. Its words are therefore nearly all known to the model and to its peers, which were
    trained on the labels; fresh text has rarer words. The sentences recur, so what a contestant remembers of whole sentences would
    count; of words, it counts in real text, too.
    MB/s: 10^6 bytes of UTF-8 by seconds of a core, those of all threads together. A second thread gains nothing by this
    measure, and other programs on the machine disturb it less than elapsed time, and the ratios least. "By the clock" is the
    same by elapsed time.
    Ratio: within each round, the contestants take turns on the same part of the corpus (each the beginning of it that takes
    it less than a second); given are the median of the rounds' ratios and, in brackets, their quartiles.
    Contestants: `predict` gives topics and stances, all probabilities and places, of a list of paragraphs; "one at a time" is the
    same paragraph by paragraph, the plain road that the whole-batch one is tested against. The peers give topics alone.
    fastText: word pairs, subwords of 3 to 5 letters, raw text in lists. scikit-learn: TF-IDF of words, word pairs and subwords
    of 3 to 5 letters, one logistic regression a topic; with ``--small``, trained on a sample and handed 200 paragraphs a
    round: the smaller vocabulary makes it faster, the small parts slower, than in the full form.
    2 processes / 1: elapsed time of one process by that of two with half of the paragraphs each. "Arithmetic alone" is the
    same with a counting loop: the most that the machine, as busy as it is, lets two processes gain. Where that is less than
    the goal, other programs hold the cores and the goal is neither reached nor missed: "can't tell". "By core seconds"
    is what the clock would show if each process had a core to itself; it is an estimate and has no goal.
    Scaling: each size runs in a new process that is handed 20,000 paragraphs at a time; sizes that take little time run several
    times, with the median. Loading the model is left out, what the first paragraphs cost more is not. "Flat" is the slowest
    size by the fastest, from 10,000 paragraphs on; its goal leaves room for a machine whose own speed drifts, since work that
    is the same for every word has come to 0.84 on a busy one. Peak memory is what the process held at most, less that of a
    bare interpreter.
    Starts: elapsed time of a new process that loads the model and predicts a paragraph, and of one that prints the help,
    by that of ``python -c "import numpy"``, taking turns. Warm paragraph: one paragraph at a time in a running process.
    Training: elapsed time for 10,000 paragraphs of the labels and the lexicon, on all cores.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import speed_processes

ROOT = Path(__file__).resolve().parent.parent
PLOT = ROOT / "benchmarks" / "speed.png"
SKLEARN, FASTTEXT, ROAD, SLOW = "scikit-learn", "fastText", "predict", "one at a time"
SKLEARN_GOAL = 40.0
# What stands so far; CI fails below half of it, since the goal is out of reach.
SKLEARN_FLOOR = 8.0
FASTTEXT_GOAL = 2.0
TWO_GOAL, FLAT_GOAL, MEMORY_GOAL = 1.8, 0.8, 250.0
FLAT_FROM = 10_000
START_GOAL, HELP_GOAL, WARM_GOAL = 2.5, 1.0, 1.0
TRAIN_GOAL, MODEL_GOAL, WHEEL_GOAL = 90.0, 8.0, 10.0
SIZES = (1_000, 10_000, 100_000, 1_000_000, 2_000_000)
FEWEST_ROUNDS = 7
CORPUS, SMALL_CORPUS = 200_000, 6_000
WARM_UP = 512
SMALL_SAMPLE, SMALL_SLICE, SMALL_LARGEST = 1_500, 200, 1_000
SLICE_SECONDS = 0.7
TRAINED = 10_000
SEED = 0


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured, as a figure and as a ratio, and the goal for whichever has one.

    `reached` is None where there is no goal, or where the machine was too busy to tell.
    """

    what: str
    measured: str
    ratios: Sequence[float] = ()
    goal: str = ""
    reached: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """What stands in its five columns."""
        ratio = ""
        if self.ratios:
            low, _, high = quartiles(self.ratios)
            ratio = f"{median(self.ratios):.2f} [{low:.2f}, {high:.2f}]"
        reached = {True: "yes", False: "no", None: "can't tell" if self.goal else ""}[self.reached]
        return self.what, self.measured, ratio, self.goal, reached


def quartiles(values: Sequence[float]) -> list[float]:
    return quantiles(values, n=4, method="inclusive")


def at_least(what: str, measured: str, ratios: Sequence[float], goal: float) -> Row:
    return Row(what, measured, ratios, f">= {goal:g}", median(ratios) >= goal)


def at_most(what: str, measured: str, ratios: Sequence[float], goal: float) -> Row:
    return Row(what, measured, ratios, f"<= {goal:g}", median(ratios) <= goal)


def limited(what: str, value: float, unit: str, goal: float) -> Row:
    return Row(what, f"{value:.2f} {unit}", (), f"<= {goal:g} {unit}", value <= goal)


def table(rows: Sequence[Row]) -> list[str]:
    lines = [("contestant or figure", "measured", "ratio [quartiles]", "goal", "reached"), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    text = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines]
    return [text[0], "| " + " | ".join("-" * width for width in widths) + " |", *text[1:]]


def contest(
    contestants: Mapping[str, Callable[[list[str]], object]], texts: list[str], rounds: int, slices: Mapping[str, int]
) -> dict[str, dict[str, list[float]]]:
    """Megabytes a second of each contestant in each round, by seconds of a core and by the clock."""
    warm, rest = texts[:WARM_UP], texts[WARM_UP:]
    block = len(rest) // rounds
    sizes: dict[str, int] = {}
    for name, predict in contestants.items():
        predict(warm)
        start = time.perf_counter()
        predict(warm)
        sizes[name] = min(block, slices.get(name, max(50, int(SLICE_SECONDS * len(warm) / (time.perf_counter() - start)))))
    gc.collect()
    gc.freeze()  # so that no contestant pays for looking through what the others hold
    found: dict[str, dict[str, list[float]]] = {name: {"core": [], "clock": []} for name in contestants}
    names = list(contestants)
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            part = rest[number * block : number * block + sizes[name]]
            megabytes = sum(len(text.encode()) for text in part) / 1e6
            clock, core = time.perf_counter(), time.process_time()
            result = contestants[name](part)
            core, clock = time.process_time() - core, time.perf_counter() - clock
            del result
            found[name]["core"].append(megabytes / core)
            found[name]["clock"].append(megabytes / clock)
    gc.unfreeze()
    for name in names:
        print(
            f"{name:<15} {median(found[name]['core']):7.3f} MB/s  by the clock {median(found[name]['clock']):7.3f}"
            f"  {sizes[name]:,} paragraphs a round",
            flush=True,
        )
    return found


def contest_rows(found: Mapping[str, Mapping[str, Sequence[float]]]) -> list[Row]:
    rows = [Row(ROAD, f"{median(found[ROAD]['core']):.3f} MB/s")]
    for peer, goal in ((FASTTEXT, FASTTEXT_GOAL), (SKLEARN, SKLEARN_GOAL), (SLOW, None)):
        if peer in found:
            ratios = [a / b for a, b in zip(found[ROAD]["core"], found[peer]["core"], strict=True)]
            what, measured = f"{ROAD} / {peer}", f"{peer} {median(found[peer]['core']):.3f} MB/s"
            rows.append(Row(what, measured, ratios) if goal is None else at_least(what, measured, ratios, goal))
    return rows


def two_rows(road: str, gains: Mapping[str, Sequence[float]], machine_gain: Sequence[float]) -> list[Row]:
    row = at_least(f"{road}, 2 processes / 1", "", gains["clock"], TWO_GOAL)
    if not row.reached and median(machine_gain) < TWO_GOAL:
        row = replace(row, reached=None)
        print(f"2 processes: can't tell, arithmetic alone gains {median(machine_gain):.2f} on this machine as busy as it is", flush=True)
    return [row, Row(f"{road}, 2 processes / 1, by core seconds", "", gains["core"])]


def curve_rows(points: Sequence[Mapping[str, Any]]) -> list[Row]:
    rows: list[Row] = []
    long = [p["mb_s"] for p in points if p["paragraphs"] >= FLAT_FROM]
    if len(long) > 1:
        flat = min(long) / max(long)
        rows.append(Row(f"{ROAD}, flat", f"{flat:.2f}", (), f">= {FLAT_GOAL:g}", flat >= FLAT_GOAL))
    rows.append(limited(f"{ROAD}, peak memory", max(p["peak_mb_over_bare"] for p in points), "MB", MEMORY_GOAL))
    return rows


def start_rows(seconds: Mapping[str, Sequence[float]]) -> list[Row]:
    def by_numpy(name: str) -> list[float]:
        return [a / b for a, b in zip(seconds[name], seconds["numpy"], strict=True)]

    numpy = f"{median(seconds['numpy']) * 1e3:.0f} ms"
    return [
        at_most("start and predict / import numpy", f"{median(seconds['predict']) * 1e3:.0f} / {numpy}", by_numpy("predict"), START_GOAL),
        at_most("--help / import numpy", f"{median(seconds['help']) * 1e3:.0f} / {numpy}", by_numpy("help"), HELP_GOAL),
    ]


def curve_table(points: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = ["| paragraphs | MB/s | peak memory over the interpreter's, MB |", "| ---: | ---: | ---: |"]
    return lines + [f"| {p['paragraphs']:,} | {p['mb_s']:.2f} | {p['peak_mb_over_bare']:.0f} |" for p in points]


def warm_milliseconds(predict: Callable[[str], object], texts: Sequence[str]) -> float:
    found: list[float] = []
    for text in texts:
        start = time.perf_counter()
        predict(text)
        found.append(time.perf_counter() - start)
    return median(found) * 1e3


def machine() -> dict[str, Any]:
    """The machine and the versions of what was measured on it."""
    name = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        models = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        name = models[0] if models else name
    found: dict[str, Any] = {"machine": f"{platform.system()} {platform.machine()}, {name}", "cores": os.cpu_count()}
    if hasattr(os, "getloadavg"):
        found["load before"] = round(os.getloadavg()[0], 2)
    found["python"] = platform.python_version()
    for distribution in ("sahel-classify", "numpy", "scikit-learn", "fasttext", "fasttext-wheel", "fasttext-numpy2"):
        try:
            found[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
    return found


def plot_curve(points: Sequence[Mapping[str, Any]], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (speed, memory) = plt.subplots(2, 1, figsize=(6, 5), sharex=True, layout="constrained")
    for road in dict.fromkeys(p["road"] for p in points):
        part = [p for p in points if p["road"] == road]
        speed.plot([p["paragraphs"] for p in part], [p["mb_s"] for p in part], "o-", label=road)
        memory.plot([p["paragraphs"] for p in part], [p["peak_mb_over_bare"] for p in part], "o-", label=road)
    memory.axhline(MEMORY_GOAL, color="grey", linestyle="--", linewidth=1, label="goal")
    speed.set(xscale="log", ylabel="MB of text a second of a core", ylim=(0, 1.1 * max(p["mb_s"] for p in points)))
    memory.set(xlabel="paragraphs", ylabel="peak memory over the\ninterpreter's, MB", ylim=(0, None))
    for axes in (speed, memory):
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.savefig(path, dpi=150)


def measure(options: argparse.Namespace, environment: Mapping[str, str]) -> tuple[list[Row], dict[str, Any]]:
    """All rows of the table and all results."""
    import speed_peers
    from speed_corpus import Corpus

    import sahel_classify as sc

    labels = sc.read_labels(ROOT / "labels")
    model = sc.load()
    corpus = Corpus(labels.paragraphs)
    texts = list(islice(corpus.stream(SEED), WARM_UP + (SMALL_CORPUS if options.small else CORPUS)))
    size = sum(len(text.encode()) for text in texts)
    print(f"corpus: {len(texts):,} distinct paragraphs, {size / 1e6:.1f} MB, {size / len(texts):.0f} bytes a paragraph", flush=True)

    contestants: dict[str, speed_peers.Road] = {ROAD: model.predict, SLOW: lambda texts: [model.predict(text) for text in texts]}
    fitters: dict[str, Callable[[], speed_peers.Road]] = {
        FASTTEXT: lambda: speed_peers.fit_fasttext(labels),
        SKLEARN: lambda: speed_peers.fit_sklearn(labels, SMALL_SAMPLE if options.small else None),
    }
    for name, fit in fitters.items():
        if options.small and name == FASTTEXT:
            continue
        try:
            start = time.perf_counter()
            contestants[name] = fit()
            print(f"{name} trained in {time.perf_counter() - start:.0f} s", flush=True)
        except ImportError as error:
            print(f"{name} left out: {error}")
    found = contest(contestants, texts, options.rounds, {SKLEARN: SMALL_SLICE} if options.small else {})
    rows = contest_rows(found)
    results: dict[str, Any] = {"mb_s": found}

    if not options.small:
        machine_gain = results["machine_gain"] = speed_processes.machine_gain(options.rounds)
        number = max(100, int(2 * SLICE_SECONDS * median(found[ROAD]["clock"]) * 1e6 / size * len(texts)))
        gains = results["two_processes"] = speed_processes.two_processes(ROAD, texts[:number], options.rounds)
        rows += two_rows(ROAD, gains, machine_gain["clock"])
        rows.append(Row("arithmetic alone, 2 processes / 1", "", machine_gain["clock"]))

    results["starts"] = speed_processes.starts(options.rounds)
    rows += start_rows(results["starts"])
    results["warm_ms"] = warm_milliseconds(model.predict, texts[:WARM_UP])
    rows.append(limited("one warm paragraph", results["warm_ms"], "ms", WARM_GOAL))

    sizes = [n for n in SIZES if n <= (min(options.largest, SMALL_LARGEST) if options.small else options.largest)]
    results["curve"] = speed_processes.curve(ROAD, lambda: corpus.stream(SEED + 1), sizes)
    rows += curve_rows(results["curve"]) if sizes else []

    results["model_mb"] = (ROOT / "src" / "sahel_classify" / "data" / "sahel.model").stat().st_size / 1e6
    rows.append(limited("shipped model", results["model_mb"], "MB", MODEL_GOAL))
    if options.wheel:
        with tempfile.TemporaryDirectory() as folder:
            results["wheel_mb"] = speed_processes.wheel_bytes(ROOT, Path(folder)) / 1e6
        rows.append(limited("wheel", results["wheel_mb"], "MB", WHEEL_GOAL))
    if options.train:
        results["training_seconds"] = speed_processes.training_seconds(TRAINED, environment)
        rows.append(limited(f"training on {TRAINED:,} paragraphs", results["training_seconds"], "s", TRAIN_GOAL))
    return rows, results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=int, default=SIZES[-1], metavar="N", help="most paragraphs of the scaling curve")
    parser.add_argument("--rounds", type=int, default=9, help=f"rounds, {FEWEST_ROUNDS} at least (default 9)")
    parser.add_argument("--small", action="store_true", help="the form for continuous integration")
    parser.add_argument("--floor", type=float, default=SKLEARN_FLOOR, help="with --small, the ratio of which half must be reached")
    parser.add_argument("--train", action="store_true", help="time training, too")
    parser.add_argument("--wheel", action="store_true", help="build the wheel and give its size, too")
    parser.add_argument("--readme", action="store_true", help="write table and curve into README.md")
    parser.add_argument("--json", type=Path, help="write all results to this file")
    options = parser.parse_args()
    if options.rounds < FEWEST_ROUNDS:
        parser.error(f"--rounds: {FEWEST_ROUNDS} at least")
    if options.small:
        options.rounds = FEWEST_ROUNDS
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # numpy reads them when it is first imported, which is later

    results = machine()
    told = "; ".join(f"{name} {value}" for name, value in results.items())
    print(told, flush=True)
    rows, found = measure(options, environment)
    results |= found | {"table": [{**asdict(row), "ratios": list(row.ratios)} for row in rows]}
    if hasattr(os, "getloadavg"):
        results["load after"] = round(os.getloadavg()[0], 2)
        print(f"load after {results['load after']}; programs other than this one add to the load and disturb what goes by the clock")
    print("\n" + "\n".join(table(rows)))
    if options.readme:
        from quality import write_block

        write_block("speed", [f"On {told}.", "", *table(rows), "", *curve_table(results["curve"])])
    if results["curve"] and not options.small:
        try:
            plot_curve(results["curve"], PLOT)
        except ImportError as error:
            print(f"plot left out: {error}")
    if options.json:
        options.json.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if options.small:
        ratio = next((median(row.ratios) for row in rows if row.what == f"predict / {SKLEARN}"), None)
        if ratio is None or ratio < options.floor / 2:
            print(f"predict / {SKLEARN} is {ratio}, less than half of {options.floor:g}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
