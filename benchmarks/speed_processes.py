"""Measurements of benchmarks/speed.py that need processes of their own: start, two at once, many paragraphs, training."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Self

WORKER = Path(__file__).resolve().parent / "speed_worker.py"
CHUNK = 20_000
# A size of the curve is run so often, unless it has taken so many seconds of a core before.
REPEATS, ENOUGH_SECONDS = 5, 10.0
SPIN = 1000
PARAGRAPH = "Au moins vingt soldats ont été tués dans une embuscade près de Djibo, selon un bilan provisoire de l'armée."


class Worker:
    """A process that predicts what it is handed, when it is told to.

    Parameters
    ----------
    road : str
        Method of the model, or ``"spin"``.
    """

    def __init__(self, road: str) -> None:
        self.road = road
        self.process = subprocess.Popen([sys.executable, str(WORKER), road], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()

    def hand(self, texts: Sequence[str]) -> None:
        """Give it texts; returns when it has them."""
        self._write(f"{len(texts)}\n" + "".join(f"{text}\n" for text in texts))
        self._answer()

    def go(self) -> None:
        """Tell it to predict."""
        self._write("go\n")

    def figures(self) -> dict[str, float]:
        """Seconds by the clock, seconds of a core, peak memory in bytes; waits for them."""
        figures: dict[str, float] = json.loads(self._answer())
        return figures

    def _write(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def _answer(self) -> bytes:
        assert self.process.stdout is not None
        line: bytes = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the process of {self.road!r} ended early; its error stands above")
        return line


def _together(workers: Sequence[Worker], parts: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Seconds until the last has answered, by the clock; and of a core, of the one that took most."""
    for worker, part in zip(workers, parts, strict=True):
        worker.hand(part)
    start = time.perf_counter()
    for worker in workers:
        worker.go()
    busiest = max(worker.figures()["busy"] for worker in workers)
    return time.perf_counter() - start, busiest


def two_processes(road: str, texts: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """How many times as fast two processes with half of the texts each are as one with all, a round each.

    By the clock, and by seconds of a core: what the clock would show if each process had a core to itself.
    """
    halves = (texts[::2], texts[1::2])
    gains: dict[str, list[float]] = {"clock": [], "core": []}
    with Worker(road) as one, Worker(road) as first, Worker(road) as second:
        for _ in range(rounds + 1):
            alone, pair = _together([one], [texts]), _together([first, second], halves)
            gains["clock"].append(alone[0] / pair[0])
            gains["core"].append(alone[1] / pair[1])
    return {name: values[1:] for name, values in gains.items()}  # the first warmed them up


def machine_gain(rounds: int) -> dict[str, list[float]]:
    """The same with arithmetic alone in place of prediction: the most that the machine yields as busy as it is."""
    return two_processes("spin", [""] * SPIN, rounds)


def curve(road: str, stream: Callable[[], Iterator[str]], sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Throughput and peak memory by number of paragraphs, each size in a new process that is handed one chunk after another."""
    bare = int(subprocess.run([sys.executable, str(WORKER), "bare"], stdout=subprocess.PIPE, check=True).stdout)
    points: list[dict[str, Any]] = []
    for size in sizes:
        runs: list[dict[str, float]] = []
        while len(runs) < REPEATS and sum(run["busy"] for run in runs) < ENOUGH_SECONDS:
            texts = islice(stream(), size)
            run = {"bytes": 0.0, "clock": 0.0, "busy": 0.0, "peak": 0.0}
            with Worker(road) as worker:
                while chunk := list(islice(texts, CHUNK)):
                    worker.hand(chunk)
                    worker.go()
                    figures = worker.figures()
                    run["bytes"] += sum(len(text.encode()) for text in chunk)
                    for key in ("clock", "busy"):
                        run[key] += figures[key]
                    run["peak"] = figures["peak"]
            runs.append(run)
        points.append(
            {
                "road": road,
                "paragraphs": size,
                "bytes": runs[0]["bytes"],
                "runs": len(runs),
                "mb_s": statistics.median(run["bytes"] / run["busy"] for run in runs) / 1e6,
                "mb_s_clock": statistics.median(run["bytes"] / run["clock"] for run in runs) / 1e6,
                "peak_mb_over_bare": (max(run["peak"] for run in runs) - bare) / 1e6,
            }
        )
        point = points[-1]
        print(
            f"{road:<15} {size:>9,} paragraphs  {point['mb_s']:7.2f} MB/s  by the clock {point['mb_s_clock']:7.2f}"
            f"  peak {point['peak_mb_over_bare']:6.1f} MB over the interpreter",
            flush=True,
        )
    return points


def starts(rounds: int) -> dict[str, list[float]]:
    """Seconds of new processes: one that imports numpy, one that predicts a paragraph, one that prints help."""
    beside = Path(sys.executable).parent / "sahel-classify"
    script = str(beside) if beside.exists() else shutil.which("sahel-classify")
    through = [sys.executable, "-c", "from sahel_classify.cli.main import main; main(['--help'])"]
    commands: dict[str, list[str]] = {
        "numpy": [sys.executable, "-c", "import numpy"],
        "predict": [sys.executable, "-c", f"import sahel_classify as sc; sc.load().predict({PARAGRAPH!r})"],
        "help": [script, "--help"] if script else through,
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            seconds[name].append(time.perf_counter() - start)
    return {name: values[1:] for name, values in seconds.items()}  # the first filled the file cache


def training_seconds(number: int, environment: Mapping[str, str]) -> float:
    """Seconds of training on so many paragraphs, on all cores that `environment` allows."""
    command = [sys.executable, str(WORKER), "train", str(number)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True, env=dict(environment)).stdout)


def wheel_bytes(root: Path, folder: Path) -> int:
    """Size of the wheel, built in `folder`; with the build back end at hand where it is installed, else in isolation."""
    from importlib.util import find_spec

    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(root)]
    if find_spec("hatchling") is not None:
        command.append("--no-build-isolation")
    subprocess.run(command, check=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    return next(folder.glob("*.whl")).stat().st_size
