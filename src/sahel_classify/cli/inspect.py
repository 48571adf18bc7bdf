"""``sahel-classify inspect``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sahel_classify.bundle import read_bundle
from sahel_classify.errors import BundleError
from sahel_classify.model import shipped_model_path
from sahel_classify.outputs import write_text


def run(options: argparse.Namespace) -> int:
    """Show the manifest of a model file; the arrays are verified, the model is not built."""
    path = Path(options.model) if options.model else shipped_model_path()
    bundle = read_bundle(path)
    if options.json:
        write_text([json.dumps(bundle.manifest, ensure_ascii=False, indent=1) + "\n"], None)
        return 0
    try:
        lines = list(_lines(path, bundle.manifest, {name: (a.dtype.name, a.shape) for name, a in bundle.arrays.items()}))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError(f"{path}: its manifest lacks what a model has ({error!r}); train it again, or show it with --json") from error
    write_text(lines, None)
    return 0


def _lines(path: Path, manifest: Mapping[str, Any], arrays: Mapping[str, tuple[str, tuple[int, ...]]]) -> Iterable[str]:
    metadata = manifest["metadata"]
    yield f"{path}  {path.stat().st_size / 1e6:.1f} MB, format version {manifest['format_version']}, checksums verified\n"
    yield f"labels     {metadata.get('paragraphs')} paragraphs, {metadata.get('lexicon_entries')} lexicon entries\n"
    yield f"           fingerprint {metadata.get('fingerprint')}\n"
    versions = ", ".join(f"{name} {version}" for name, version in metadata.get("versions", {}).items())
    yield f"made with  {versions}; seed {metadata.get('seed')}\n"
    if "topics" in manifest:
        head = manifest["topics"]
        yield f"topics     {'exclusive, ' if head['exclusive'] else ''}C = {head['C']}\n"
        for topic, threshold in zip(head["classes"], head["thresholds"], strict=True):
            yield f"           {topic}\n" if head["exclusive"] else f"           {topic:<24} threshold {threshold:.3f}\n"
    yield f"targets    {', '.join(target['id'] for target in manifest['targets']) or '(none)'}\n"
    yield "arrays\n"
    for name, (kind, shape) in sorted(arrays.items()):
        yield f"           {name:<24} {kind:<8} {' x '.join(map(str, shape))}\n"
