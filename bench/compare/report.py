"""From results to the files in build/bench/: JSON, a table, plots."""

import dataclasses
import json
import os
import platform

from compare import plots, tables
from compare.allocators import BASES, SYSTEM
from compare.ratios import METRICS, geometric_means, median, ratio_table


@dataclasses.dataclass
class Report:
    """`ratios` and `means` are those to the first of BASES that took part, for each metric."""

    title: str
    results: object
    names: list
    figures: list = dataclasses.field(default_factory=list)

    def __post_init__(self):
        self.base = next((base for base in BASES if base in self.names), self.names[0])
        programs = {name: runs for name, runs in self.results.samples.items() if runs}
        self.ratios = {metric: ratio_table(programs, self.base, metric) for metric in METRICS}
        self.means = {metric: geometric_means(self.ratios[metric], self.names) for metric in METRICS}
        self.to_system = {metric: geometric_means(ratio_table(programs, SYSTEM, metric), self.names)
                          for metric in METRICS} if SYSTEM in self.names else {}

    def text(self):
        parts = [f"# {self.title}\n"]
        if any(self.ratios["cpu_s"].values()):
            parts += [self._ratios(f"CPU time, relative to {self.base}", "cpu_s", "{:.2f} s", 1),
                      self._ratios(f"Wall time, relative to {self.base}", "wall_s", "{:.2f} s", 1),
                      self._ratios(f"Peak resident memory, relative to {self.base}", "peak_rss_bytes", "{:.0f} MB", 1e6)]
        if any(self.to_system.values()):
            parts.append("## Geometric means, relative to the system's malloc\n\n" + tables.table(
                ["", *self.names], [[metric, *(f"{means[name]:.2f}" for name in self.names)]
                                    for metric, means in self.to_system.items() if means]))
        if self.figures:
            parts.append(tables.figures("Special figures", self.figures, self.names))
        parts += [f"FAILED: {program} under {name}: {reason}\n"
                  for (program, name), reason in self.results.failures.items()]
        return "\n".join(parts)

    def _ratios(self, title, metric, form, unit):
        base_values = {program: form.format(median(self.results.samples[program][self.base], metric) / unit)
                       for program in self.ratios[metric]}
        return tables.ratios(title, self.base, self.ratios[metric], self.means[metric], self.names, base_values)

    def json(self):
        return {
            "machine": {"processors": os.cpu_count(), "kernel": platform.release(), "machine": platform.machine()},
            "base": self.base, "allocators": self.names,
            "ratios": self.ratios, "geometric_means": self.means, "geometric_means_to_system": self.to_system,
            "figures": [{"figure": what, "unit": unit, "values": values} for what, unit, values in self.figures],
            "failures": [{"program": program, "allocator": name, "reason": reason}
                         for (program, name), reason in self.results.failures.items()],
            "samples": {program: {name: [dataclasses.asdict(sample) for sample in samples]
                                  for name, samples in by_allocator.items()}
                        for program, by_allocator in self.results.samples.items()}}

    def write(self, folder, stem):
        """Writes `stem`.json, .md and -cpu.svg, -memory.svg into `folder`; returns the text."""
        folder.mkdir(parents=True, exist_ok=True)
        text = self.text()
        (folder / f"{stem}.md").write_text(text)
        (folder / f"{stem}.json").write_text(json.dumps(self.json(), indent=1) + "\n")
        if plots.available():
            for picture, metric, what in (("cpu", "cpu_s", "CPU time"), ("memory", "peak_rss_bytes", "Peak memory")):
                if self.ratios[metric]:
                    plots.ratio_plot(folder / f"{stem}-{picture}.svg", f"{what}, relative to {self.base}",
                                     self.ratios[metric], self.names)
        return text
