"""From samples to numbers: medians, medians of paired ratios, geometric means."""

import math
import statistics

METRICS = ("cpu_s", "wall_s", "peak_rss_bytes", "page_faults")


def median(samples, metric):
    return statistics.median(getattr(sample, metric) for sample in samples)


def paired(samples, base_samples, metric):
    """The ratios of the runs of the same round: one noisy round moves one of them, not the median."""
    return [getattr(sample, metric) / max(getattr(base, metric), 1e-6)
            for sample, base in zip(samples, base_samples)]


def ratio_table(by_program, base, metric):
    """program -> allocator -> {"median", "min", "max"} of the paired ratios to `base`."""
    table = {}
    for program, by_allocator in by_program.items():
        if not by_allocator.get(base):
            continue
        table[program] = {}
        for name, samples in by_allocator.items():
            ratios = paired(samples, by_allocator[base], metric)
            table[program][name] = {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}
    return table


def geometric_means(table, names):
    """allocator -> the mean over the programs that it and all other `names` came through, so that means compare."""
    complete = [row for row in table.values() if all(name in row for name in names)]
    if not complete:
        return {}
    return {name: math.exp(statistics.fmean(math.log(row[name]["median"]) for row in complete)) for name in names}
