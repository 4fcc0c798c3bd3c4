"""The options that every script has."""

import argparse
import pathlib

from compare.allocators import REPOSITORY


def parser(description, quick):
    """`description` is the script's docstring; `quick` says what --quick does."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    effort = parser.add_mutually_exclusive_group()
    effort.add_argument("--quick", action="store_true", help=quick)
    effort.add_argument("--tiny", action="store_true",
                        help="seconds: runs all code of the script, and measures nothing")
    parser.add_argument("--output", type=pathlib.Path, metavar="DIR", default=REPOSITORY / "build" / "bench",
                        help="where the results are written (build/bench)")
    return parser


def work(given):
    """The share of the usual work that a run does."""
    return 0.01 if given.tiny else 0.25 if given.quick else 1
