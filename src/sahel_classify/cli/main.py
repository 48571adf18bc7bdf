"""Arguments, errors and exit status. Nothing heavy is imported before a command runs, so that help comes at once."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from sahel_classify.errors import BundleError, InputError, MissingDependencyError, ParameterError, SahelClassifyError

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

__all__ = ["main"]

OK, FAILURE, BAD_INPUT = 0, 1, 2
# The largest seed that scikit-learn takes.
_LARGEST = 2**32 - 1

_INPUT_HELP = (
    ".txt or .md (one article, paragraphs parted by blank lines), .jsonl, .csv or .parquet with a text column, or - (standard input)"
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {_one_line(message)}; see '{self.prog} --help'\n")

    def print_help(self, file: SupportsWrite[str] | None = None) -> None:
        super().print_help(file)
        # Written at once, so that a pipe that is closed is noticed here and not at exit.
        if sys.stdout is not None:
            sys.stdout.flush()


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = _Parser(prog="sahel-classify", description="Topics and stances of French and English paragraphs about the Sahel.")
    parser.add_argument("-V", "--version", action="store_true", help="print the version and leave")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    predict = commands.add_parser("predict", help="classify paragraphs", description="Classify paragraphs.")
    predict.add_argument("input", nargs="*", metavar="INPUT", help=_INPUT_HELP)
    predict.add_argument("--model", metavar="M", help="model file (default: the one shipped with the package)")
    predict.add_argument("--format", choices=("table", "jsonl", "csv"), help="default: table on a terminal, else jsonl")
    predict.add_argument("-o", "--output", metavar="OUT", help="write to this file, whole or not at all")
    _add_target(predict)

    train = commands.add_parser("train", help="train a model from labels", description="Train a model from labels.")
    train.add_argument(
        "labels",
        nargs="+",
        metavar="LABELS",
        help="folder of labels, .jsonl of labelled paragraphs, .tsv of lexicon lines, .toml of a scheme",
    )
    train.add_argument("-o", "--output", metavar="MODEL", required=True, help="model file to write")
    train.add_argument("--exclusive", action="store_true", help="every paragraph has exactly one topic: probabilities sum to 1")
    train.add_argument("--seed", type=_whole_number, default=0, metavar="N", help="equal labels and seed give equal bytes (default: 0)")

    evaluate = commands.add_parser("evaluate", help="score a model on labels", description="Score a model on labelled paragraphs.")
    evaluate.add_argument("labels", nargs="+", metavar="LABELS", help="folder of labels or .jsonl of labelled paragraphs")
    evaluate.add_argument("--model", metavar="M", help="model file (default: the one shipped with the package)")
    evaluate.add_argument("--against", metavar="B", help="model file to compare with, on the same paragraphs")
    evaluate.add_argument("--format", choices=("text", "markdown", "latex"), help="tables to read (default) or for a paper")
    evaluate.add_argument("--json", action="store_true", help="print JSON, all there is")

    agreement = commands.add_parser(
        "agreement",
        help="compare two annotators",
        description="Krippendorff's alpha and Cohen's kappa of two annotations of the same paragraphs, joined by id.",
    )
    agreement.add_argument("first", metavar="FIRST", help=".jsonl of labelled paragraphs, or folder of labels")
    agreement.add_argument("second", metavar="SECOND", help="the same paragraphs, labelled by another")
    agreement.add_argument("--json", action="store_true", help="print JSON")

    explain = commands.add_parser(
        "explain", help="show what made a decision", description="Show what made a decision: contributions sum to it."
    )
    explain.add_argument("input", metavar="INPUT", help=_INPUT_HELP)
    which = explain.add_mutually_exclusive_group(required=True)
    which.add_argument("--topic", metavar="T", help="explain this topic")
    which.add_argument("--stance", metavar="TARGET", help="explain the stance towards this target")
    explain.add_argument("--model", metavar="M", help="model file (default: the one shipped with the package)")
    explain.add_argument("--top", type=_whole_number, default=12, metavar="N", help="contributions to show (default: 12)")
    explain.add_argument("--json", action="store_true", help="print JSON Lines with every contribution")
    _add_target(explain)

    _add_prevalence(commands)
    inspect = commands.add_parser(
        "inspect", help="show what a model file holds", description="Show what a model file holds, without building it."
    )
    inspect.add_argument("model", nargs="?", metavar="MODEL", help="model file (default: the one shipped with the package)")
    inspect.add_argument("--json", action="store_true", help="print the manifest as JSON")

    lint = commands.add_parser("lint", help="check labels", description="Check labelled paragraphs, lexicon lines and scheme.")
    lint.add_argument("labels", nargs="+", metavar="LABELS", help="folder of labels, .jsonl or .tsv")
    return parser


def _add_prevalence(commands: argparse._SubParsersAction[_Parser]) -> None:
    prevalence = commands.add_parser(
        "prevalence",
        help="estimate shares of an archive",
        description="Estimate which share of an archive has a topic or takes a stance, with 95 %% intervals.",
    )
    prevalence.add_argument("archive", nargs="+", metavar="ARCHIVE", help=_INPUT_HELP)
    which = prevalence.add_mutually_exclusive_group(required=True)
    which.add_argument("--topic", metavar="T", help="share of this topic")
    which.add_argument("--stance", metavar="TARGET=STANCE", help="share of this stance among all paragraphs, e.g. russia=favor")
    prevalence.add_argument("--by", metavar="COLUMN,…", help="part the archive by these columns; month and year are read from date")
    prevalence.add_argument("--labelled", metavar="SAMPLE", help=".jsonl of labelled paragraphs drawn at random from the archive")
    prevalence.add_argument(
        "--method",
        choices=("auto", "cc", "ac", "emq", "ppi"),
        default="auto",
        help="default: auto, which is ppi with --labelled, else emq with --prior, else ac",
    )
    prevalence.add_argument("--prior", type=float, metavar="P", help="emq: share where the model's probabilities were calibrated")
    prevalence.add_argument("--model", metavar="M", help="model file (default: the one shipped with the package)")
    prevalence.add_argument("--format", choices=("table", "csv", "jsonl"), help="default: table on a terminal, else jsonl")
    prevalence.add_argument("-o", "--output", metavar="OUT", help="write to this file, whole or not at all")
    _add_target(prevalence)


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--target", action="append", default=[], metavar="ID=ALIAS,…", help="look for one more target, e.g. 'turkey=Turquie,Ankara,Erdogan'"
    )


def _whole_number(argument: str) -> int:
    if not (argument.isdecimal() and len(argument) <= 10 and int(argument) <= _LARGEST):
        raise argparse.ArgumentTypeError(f"{argument!r} is no whole number from 0 to {_LARGEST}")
    return int(argument)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str or None
        None takes those of the process.

    Returns
    -------
    int
        Exit status: 0, 1 for a failure, 2 for bad usage or input.
    """
    parser = build_parser()
    try:
        options = parser.parse_args(arguments)
        if options.version:
            from importlib.metadata import version

            print(version("sahel-classify"), flush=True)
            return OK
        if options.command is None:
            parser.error("no command was given")
        command = import_module(f"sahel_classify.cli.{options.command}")
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            status: int = command.run(options)
        return status
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        _drop_unwritten()
        return OK
    except KeyboardInterrupt:
        return 130
    except (InputError, ParameterError, BundleError, MissingDependencyError) as error:
        return _fail(error, BAD_INPUT)
    except SahelClassifyError as error:
        return _fail(error, FAILURE)
    except MemoryError:
        return _fail("not enough memory; give the input in smaller files", FAILURE)
    except OSError as error:
        _drop_unwritten()
        place = error.filename or "standard input or output"
        return _fail(f"{place}: {error.strerror or error}; check that it can be read and written", FAILURE)


def _drop_unwritten() -> None:
    """What is still buffered for standard output can't be written, not even at exit."""
    with contextlib.suppress(AttributeError, OSError), open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _one_line(message: object) -> str:
    """Line breaks become spaces, and control characters, which could steer a terminal, question marks."""
    return "".join(character if character.isprintable() else "?" for character in " ".join(str(message).split()))


def _fail(message: object, status: int) -> int:
    _tell(str(message))
    return status


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    _tell(f"warning: {message}")


def _tell(message: str) -> None:
    if sys.stderr is not None:
        print(f"sahel-classify: {_one_line(message)}", file=sys.stderr)
