"""From Google Benchmark's JSON to a table: nanoseconds a block, as ratios to a base."""

import collections
import math
import statistics

from compare import tables
from compare.allocators import BASES


def nanoseconds(report):
    """case -> peer -> [ns of each repetition], from runs named case/argument/peer/..."""
    times = collections.defaultdict(lambda: collections.defaultdict(list))
    for run in sorted(report["benchmarks"], key=lambda run: run["family_index"]):  # they ran shuffled
        if run["run_type"] == "iteration" and "items_per_second" in run:
            case, argument, peer = run["name"].split("/")[:3]
            times[f"{case}/{argument}"][peer].append(1e9 / run["items_per_second"])
    return times


def ratio_table(times, bases=BASES):
    """The ratios to the first base that took part, its name, and the peers in the order of their runs.

    The base is the first peer when none of `bases` is installed.
    """
    peers = list(dict.fromkeys(peer for row in times.values() for peer in row))
    base = next((base for base in bases if base in peers), peers[0])
    return {case: {peer: ratio(runs, row[base]) for peer, runs in row.items()} for case, row in times.items()}, base, peers


def ratio(runs, base_runs):
    """Of the runs of the same repetition: one noisy moment moves one of them, not the median."""
    ratios = [mine / other for mine, other in zip(runs, base_runs)]
    return {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}


def text(times):
    table, base, peers = ratio_table(times)
    complete = [row for row in table.values() if all(peer in row for peer in peers)]
    means = {peer: math.exp(statistics.fmean(math.log(row[peer]["median"]) for row in complete)) for peer in peers}
    absolute = {case: f"{statistics.median(row[base]):.1f} ns" for case, row in times.items()}
    return "# Micro benches\n\n" + tables.ratios(
        f"Time for a block allocated and freed, relative to {base}", base, table, means, peers, absolute)
