"""What `evaluate` found, as lines for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["report_lines"]


def _figure(value: Any) -> str:
    return "    –" if value is None else f"{value:.3f}"


def report_lines(result: Mapping[str, Any]) -> list[str]:
    """A table of the scores of `evaluate`."""
    whole = result["all"]
    lines = [f"{whole['paragraphs']} paragraphs, {whole['abstained']} without an answer"]
    if "topics" in whole:
        topics = whole["topics"]
        low, high = topics["micro_f1_95"]
        lines.append(
            f"topics   micro-F1 {_figure(topics['micro_f1'])} [{low:.3f}, {high:.3f}]  macro-F1 {_figure(topics['macro_f1'])}  "
            f"mAP {_figure(topics['mean_average_precision'])}  ECE {_figure(topics['expected_calibration_error'])}"
        )
    if "stances" in whole:
        stances = whole["stances"]
        low, high = stances["f_avg_95"]
        f_avg, macro = (stances[key] if stances["pairs"] else None for key in ("f_avg", "macro_f1"))
        lines.append(
            f"stances  F_avg {_figure(f_avg)} [{low:.3f}, {high:.3f}]  macro-F1 {_figure(macro)}  "
            f"accuracy {_figure(stances['accuracy'])}  detection F1 {_figure(stances['detection_f1'])}  ({stances['pairs']} pairs)"
        )
    for name, part in (("language", "by_language"), ("genre", "by_genre")):
        for value, scores in result[part].items():
            micro = scores.get("topics", {}).get("micro_f1")
            f_avg = scores["stances"]["f_avg"] if scores.get("stances", {}).get("pairs") else None
            lines.append(f"{name:<9}{value:<24}{scores['paragraphs']:>6}  micro-F1 {_figure(micro)}  F_avg {_figure(f_avg)}")
    for topic, scores in whole.get("topics", {}).get("by_topic", {}).items():
        lines.append(
            f"topic    {topic:<24}{scores['paragraphs']:>6}  precision {_figure(scores['precision'])}  recall {_figure(scores['recall'])}  "
            f"F1 {_figure(scores['f1'])}  AP {_figure(scores['average_precision'])}"
        )
    for target, scores in whole.get("stances", {}).get("by_target", {}).items():
        lines.append(f"target   {target:<24}{scores['pairs']:>6}  F_avg {_figure(scores['f_avg'])}  macro-F1 {_figure(scores['macro_f1'])}")
    return lines
