"""The tables, ratios and plots of bench/compare, from made-up rows."""

import pathlib
import tempfile
import unittest
from unittest import mock

from compare import arenas, interleaved, micro, plots, pools, ratios, rounds, workloads
from compare.measure import Sample
from compare.report import Report


def sample(cpu_s=1.0, checksum="same", wall_s=1.0, **figures):
    return Sample(cpu_s, wall_s, peak_rss_bytes=10_000_000, page_faults=100, checksum=checksum, figures=figures)


class Pools(unittest.TestCase):
    TIMES = {"lifo/1024": {"LIMIT": [1.0, 2.0], "SingleThread": [0.5, 1.5]},
             "shared_pair/1": {"LIMIT+mutex": [20.0, 20.0]}}

    def test_a_table_of_each_group_that_ran(self):
        text = pools.text(self.TIMES)
        self.assertIn("## One thread, the blocks untouched: time relative to LIMIT\n\n", text)
        self.assertRegex(text, r"\| lifo/1024 +\| +1\.5 ns \| +1\.00 \| +0\.62 \|")
        self.assertIn("## A pool shared by one thread, by two: time relative to LIMIT+mutex\n", text)
        self.assertNotIn("Pages", text)

    def test_a_target_is_judged_by_the_median_of_paired_ratios(self):
        judged = pools.results(self.TIMES)
        self.assertEqual([(row["what"], row["ratio"]["median"], row["reached"]) for row in judged],
                         [("SingleThread, LIFO 1K", 0.625, True)])
        self.assertRegex(pools.text(self.TIMES),
                         r"\| SingleThread, LIFO 1K .*\| +0\.62 \| +0\.50 \| 0\.75 \| <= 0\.80 \| reached \|")

    def test_what_a_buddy_allocator_leaves(self):
        row = {"load_percent": 95, "operations": 1_000_000, "free_mib": 13.0, "largest_free_mib": 0.25,
               "external_fragmentation": 0.981, "refused": 12345, "coalesced": False}
        text = pools.fragmentation_text([row])
        self.assertTrue(text.startswith("## A buddy allocator of 256 MiB after 1,000,000 operations\n"), text)
        self.assertRegex(text, r"\| 95 % \| 13\.0 MiB \| +0\.250 MiB \| +0\.981 \| +12,345 \| +NOT JOINED \|")

    def test_what_moves_cost(self):
        cost = {"objects": 1024, "read": {"MovablePool": 1.25},
                "replace": {"MovablePool": 30.0, "unique_ptr": 20.0}}
        move = {"relocation": "memcpy", "objects": 1000, "moved": 900, **dict.fromkeys(pools.MOVE_FIGURES, 0.5)}
        text = pools.movable_text([cost, move])
        self.assertRegex(text, r"\| read one of 1,024 +\| +1\.25 \| +\|")
        self.assertRegex(text, r"\| replace one of 1,024 +\| +30\.0 \| +20\.0 \|")
        self.assertRegex(text, r"\| memcpy +\| +1,000 \| +900 \| +0\.5 \|")

    def test_the_first_peer_is_the_base_where_the_usual_one_is_not_installed(self):
        times = {"objects/10": {"Arena": [1.0], "LLVM": [2.0]}}
        text = pools.text(times, title="Arenas", groups=arenas.GROUPS, targets=arenas.TARGETS)
        self.assertIn("## Objects with destructors: time relative to Arena\n", text)
        self.assertEqual(pools.missing_peers(times, ("LLVM", "protobuf")), ["protobuf"])


class Cases(unittest.TestCase):
    CASES = ["lifo/1024", "lifo/1048576", "lifo_objects/1024", "fifo/1024", "shared_pair/1", "shared_pair/2"]

    def test_a_name_selects_all_sizes_of_a_case(self):
        self.assertEqual(interleaved.named(self.CASES, ["lifo", "shared_pair/2"]),
                         ["lifo/1024", "lifo/1048576", "shared_pair/2"])

    def test_a_tiny_run_has_a_small_case_of_each_group(self):
        self.assertEqual(interleaved.smallest(self.CASES, pools.GROUPS),
                         ["lifo/1024", "lifo_objects/1024", "shared_pair/1", "shared_pair/2"])


class Micro(unittest.TestCase):
    def test_runs_that_were_shuffled_are_paired_by_repetition(self):
        def run(peer, index, rate):
            return {"name": f"pair/16/{peer}/real_time", "run_type": "iteration", "family_index": index,
                    "items_per_second": rate}

        runs = [run("cenote", 3, 1e9), run("system", 0, 1e9), run("cenote", 1, 2e9), run("system", 2, 5e8)]
        times = micro.nanoseconds({"benchmarks": runs})
        self.assertEqual(times["pair/16"], {"cenote": [0.5, 1.0], "system": [1.0, 2.0]})
        self.assertRegex(micro.text(times), r"\| pair/16 +\| +1\.5 ns \| +1\.00 \| +0\.50 \|")


class Workloads(unittest.TestCase):
    def test_a_ratio_is_the_median_of_those_within_a_round(self):
        runs = {"larson": {"system": [sample(2.0), sample(4.0), sample(2.0)],
                           "cenote": [sample(1.0), sample(3.0), sample(1.5)]}}
        self.assertEqual(ratios.ratio_table(runs, "system", "cpu_s")["larson"]["cenote"],
                         {"median": 0.75, "min": 0.5, "max": 0.75})

    def test_a_mean_leaves_out_programs_that_failed_under_an_allocator(self):
        table = {"a": {"system": {"median": 1}, "cenote": {"median": 0.5}}, "b": {"system": {"median": 1}}}
        self.assertEqual(ratios.geometric_means(table, ["system", "cenote"]), {"system": 1, "cenote": 0.5})

    def test_another_checksum_is_a_failure(self):
        checksums = iter(["same", "other"])
        with mock.patch("compare.measure.run", lambda *_, **__: sample(checksum=next(checksums))):
            results = rounds.run_in_turns("measure", [rounds.Program("larson", ("larson",))],
                                          {"system": "-", "cenote": "x.so"}, 1, lambda message: None)
        self.assertEqual(list(results.failures), [("larson", "cenote")])
        self.assertNotIn("cenote", results.samples["larson"])

    def test_a_special_figure_of_each_program(self):
        said = {"resident_bytes": 30_000_000, "live_bytes": 10_000_000,
                "thinned_bytes": 40_000_000, "thinned_live_bytes": 8_000_000}
        runs = {name: {"system": [sample(**said)], "cenote": [sample(wall_s=1.002, **said)]}
                for name in workloads.SPECIAL}
        figures = [values["cenote"] for _, _, values in workloads.special_figures(runs)]
        self.assertEqual(figures[:7], [30, 30, 30, 5, 3, 1, 10])
        self.assertAlmostEqual(figures[7], 2)

    def test_a_report_names_failures_and_writes_its_files(self):
        runs = {"larson": {"system": [sample(2.0)], "cenote": [sample(1.0)]}}
        report = Report("Workloads", rounds.Results(runs, {("perl", "cenote"): "died by SIGSEGV"}),
                        ["system", "cenote"], [("start-up", "ms", {"system": 0.0, "cenote": 0.25})])
        with tempfile.TemporaryDirectory() as folder, mock.patch("compare.plots.ratio_plot") as plot, \
                mock.patch("compare.plots.available", lambda: True):
            text = report.write(pathlib.Path(folder) / "new", "workloads")
            written = sorted(path.name for path in pathlib.Path(folder, "new").iterdir())
        self.assertEqual(written, ["workloads.json", "workloads.md"])
        drawn = [call.args[0].name for call in plot.call_args_list]
        self.assertEqual(drawn, ["workloads-cpu.svg", "workloads-memory.svg"])
        self.assertIn("FAILED: perl under cenote: died by SIGSEGV", text)
        self.assertRegex(text, r"\| larson +\| +2\.00 s \| +1\.00 \| +0\.50 \|")
        self.assertRegex(text, r"\| start-up \| ms \| +0\.00 \| +0\.25 \|")


class Plots(unittest.TestCase):
    def test_bars_for_the_peers_that_ran_cut_where_one_is_large(self):
        table = {"a_case": {"cenote": {"median": 40, "min": 39, "max": 41}}}
        with mock.patch("subprocess.run") as gnuplot:
            plots.ratio_plot("x.svg", "CPU time", table, ["system", "cenote"])
        commands = gnuplot.call_args.kwargs["input"]
        self.assertIn('set title "CPU time (cut at 3)"', commands)
        self.assertIn('"a case" 40 39 41', commands)
        self.assertNotIn('title "system"', commands)


if __name__ == "__main__":
    unittest.main(verbosity=2)
