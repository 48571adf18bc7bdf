"""Write the real output of commands into README.md, between ``<!-- run: COMMAND -->`` and ``<!-- /run -->``.

python benchmarks/readme.py            rewrite
python benchmarks/readme.py --check    exit with status 1 if a shown output is stale
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"(<!-- run: (.+?) -->\n).*?(<!-- /run -->)", re.DOTALL)


def output_of(command: str) -> str:
    """Standard output of a ``sahel-classify`` command, run at the root with a fixed width."""
    words = shlex.split(command)
    code = "import sys; from sahel_classify.cli import main; sys.exit(main(sys.argv[1:]))"
    environment = {**os.environ, "COLUMNS": "100"}
    done = subprocess.run([sys.executable, "-c", code, *words[1:]], cwd=ROOT, env=environment, capture_output=True, check=True)
    return "\n".join(line.rstrip() for line in done.stdout.decode().rstrip().split("\n"))


def fresh(text: str) -> str:
    """README with all outputs as they are now."""
    return BLOCK.sub(lambda m: f"{m[1]}```console\n$ {m[2]}\n{output_of(m[2])}\n```\n{m[3]}", text)


def main() -> int:
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    new = fresh(text)
    if "--check" in sys.argv[1:]:
        if new != text:
            print("README.md shows outputs that the commands no longer give; run: python benchmarks/readme.py", file=sys.stderr)
        return int(new != text)
    readme.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
