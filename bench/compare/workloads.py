"""The programs of bench/workload/, and what is asked of each."""

from compare.allocators import REPOSITORY, SYSTEM
from compare.ratios import median
from compare.rounds import Program

BUILT = REPOSITORY / "build" / "release" / "bench" / "workload"
LAUNCHER = BUILT / "measure"

# Realistic traffic: these make the geometric means.
TRAFFIC = ("compiler", "web_server", "order_book", "tree_builder", "text_processor", "thread_churn",
           "producer_consumer", "larson")

# One question each: these stay out of the means, for one answer would outweigh all traffic.
SPECIAL = ("idle_shrink", "blocked_owner", "sparse_survivors", "cache_churn", "realloc_growth", "start_up")
SHORTEST = ("tree_builder", "start_up", "realloc_growth", "cache_churn")  # each kind of figure
START_UP_ROUNDS = 100  # a start takes a millisecond, and its noise is as large


def program(name):
    return Program(name, (BUILT / name,))


def special_figures(samples):
    """Rows of (what, unit, {allocator: number}) of the special programs in `samples`."""
    figures = [("360 MB freed, then idle 4 s: resident", "MB", _said(samples, "idle_shrink", "resident_bytes", 1e6)),
               ("1/128 of 400 MB survives: resident", "MB", _said(samples, "sparse_survivors", "resident_bytes", 1e6)),
               ("360 MB freed for a blocked thread, 4 s: resident", "MB",
                _said(samples, "blocked_owner", "resident_bytes", 1e6)),
               ("9 of 10 cache entries expired: resident over live", "x",
                _ratio(samples, "cache_churn", "thinned_bytes", "thinned_live_bytes")),
               ("then filled with other sizes: resident over live", "x",
                _ratio(samples, "cache_churn", "resident_bytes", "live_bytes")),
               ("realloc 1 to 600 MB, vector to 200 MB: CPU", "s", _used(samples, "realloc_growth", "cpu_s", 1)),
               ("the same: peak resident", "MB", _used(samples, "realloc_growth", "peak_rss_bytes", 1e6)),
               ("start-up over the system's", "ms", _over_system(samples, "wall_s", 1e-3)),
               ("start-up over the system's: peak resident", "MB", _over_system(samples, "peak_rss_bytes", 1e6))]
    return [row for row in figures if row[2]]


def _used(samples, name, metric, unit):
    return {allocator: median(runs, metric) / unit for allocator, runs in samples.get(name, {}).items()}


def _said(samples, name, figure, unit):
    return {allocator: sorted(run.figures[figure] for run in runs)[len(runs) // 2] / unit
            for allocator, runs in samples.get(name, {}).items()}


def _ratio(samples, name, figure, base):
    figures, bases = _said(samples, name, figure, 1), _said(samples, name, base, 1)
    return {allocator: figures[allocator] / bases[allocator] for allocator in figures}


def _over_system(samples, metric, unit):
    """The median of the differences of paired runs."""
    by_allocator = samples.get("start_up", {})
    system = by_allocator.get(SYSTEM)
    if not system:
        return {}
    over = {}
    for allocator, runs in by_allocator.items():
        differences = sorted(getattr(run, metric) - getattr(base, metric) for run, base in zip(runs, system))
        over[allocator] = differences[len(differences) // 2] / unit
    return over
