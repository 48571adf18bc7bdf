"""A process of its own for benchmarks/speed.py.

python speed_worker.py bare        print the peak memory of an interpreter that imported nothing
python speed_worker.py train N     print the seconds of training on N paragraphs of the labels
python speed_worker.py ROAD        serve: read a number and as many lines of text, answer "ready", wait for a line, predict
                                   by the method ROAD of the model ("spin": count, as a measure of the machine), print figures
"""

from __future__ import annotations

import json
import sys
import time


def peak_bytes() -> int:
    """Peak memory of this process.

    On Linux it is read from /proc: what getrusage gives there is at least the peak of the process that started this one.
    """
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def spin(texts: list[str]) -> int:
    """Arithmetic that touches no memory: what a second process can yield at best on this machine."""
    total = 0
    for _ in range(len(texts) * 10_000):
        total ^= 1
    return total


def serve(road: str) -> None:
    if road == "spin":
        predict = spin
    else:
        import sahel_classify as sc

        predict = getattr(sc.load(), road)
    for header in sys.stdin.buffer:
        texts = [sys.stdin.buffer.readline().decode().rstrip("\n") for _ in range(int(header))]
        print("ready", flush=True)
        sys.stdin.buffer.readline()
        clock, busy = time.perf_counter(), time.process_time()
        result = predict(texts)
        figures = {"clock": time.perf_counter() - clock, "busy": time.process_time() - busy, "peak": peak_bytes()}
        del result
        print(json.dumps(figures), flush=True)


def train(number: int) -> float:
    import random
    from dataclasses import replace
    from pathlib import Path

    import sahel_classify as sc

    labels = sc.read_labels(Path(__file__).resolve().parents[1] / "labels")
    chosen = random.Random(0).sample(labels.paragraphs, min(number, len(labels.paragraphs)))
    start = time.perf_counter()
    sc.train(replace(labels, paragraphs=tuple(chosen)))
    return time.perf_counter() - start


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        print(peak_bytes())
    elif sys.argv[1] == "train":
        print(train(int(sys.argv[2])))
    else:
        serve(sys.argv[1])
