"""Every script of bench/ on a tiny input: its exit status, its JSON, its tables, its plots. No figure is judged."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from compare import arenas, plots, pools, programs, workloads
from compare.allocators import CENOTE, REPOSITORY, SYSTEM

RESULTS = REPOSITORY / "build/bench"
BUILT = (REPOSITORY / "build/release/bench/pools/pools").exists()
NOT_BUILT = "the benches are not built; make test-tools builds them"


def run(*command):
    return subprocess.run([str(word) for word in command], cwd=REPOSITORY, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def tables(markdown):
    """Heading -> the table's lines, the header and the rule first; other lines are a mistake."""
    found = {}
    for part in re.split(r"^#+ ", markdown, flags=re.M)[1:]:
        heading, _, body = part.partition("\n")
        found[heading] = [line for line in body.splitlines() if line]
    return found


def modified(folder):
    return {path: path.stat().st_mtime_ns for path in folder.glob("*")}


@unittest.skipUnless(BUILT, NOT_BUILT)
class Bench(unittest.TestCase):
    """One run of scripts/bench, which runs all others; each test reads what one script wrote."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        before = modified(RESULTS)
        cls.done = run("scripts/bench", "--tiny", "--output", cls.folder)
        cls.results_changed = modified(RESULTS) != before

    def result(self, stem):
        return json.loads((self.folder / f"{stem}.json").read_text())

    def assert_tables(self, stem, *headings):
        """The Markdown has a table with at least one row below each of `headings`, and all lines of it are as wide."""
        found = tables((self.folder / f"{stem}.md").read_text())
        for heading in headings:
            self.assertIn(heading, found)
            lines = found[heading]
            self.assertGreater(len(lines), 2, heading)
            self.assertEqual({(line[0], len(line)) for line in lines}, {("|", len(lines[0]))}, heading)

    def assert_times(self, stem, groups, ours):
        """Each group has a case with a time of one of our pools."""
        times = self.result(stem)["nanoseconds"]
        for group in groups:
            rows = pools.of_group(times, group).values()
            self.assertTrue(any(row.keys() & set(ours) for row in rows), group.name)
        for row in times.values():
            for runs in row.values():
                self.assertTrue(all(nanoseconds > 0 for nanoseconds in runs))

    def test_all_scripts_succeed(self):
        self.assertEqual(self.done.returncode, 0, self.done.stdout)

    def test_output_leaves_earlier_results_alone(self):
        self.assertFalse(self.results_changed)

    def test_pools(self):
        self.assert_times("pools", pools.GROUPS, pools.OURS)
        self.assertTrue(self.result("pools")["targets"])
        self.assert_tables("pools", "Targets",
                           *(f"{group.title}: time relative to {group.base}" for group in pools.GROUPS))

    def test_a_buddy_allocators_fragmentation(self):
        rows = self.result("pools")["buddy_fragmentation"]
        self.assertEqual([row["load_percent"] for row in rows], [50, 80, 95])
        self.assertTrue(all(row["coalesced"] for row in rows))
        self.assert_tables("pools", f"A buddy allocator of 256 MiB after {rows[0]['operations']:,} operations")

    def test_movable_pools(self):
        rows = self.result("pools")["movable"]
        self.assertEqual(len([row for row in rows if row.get("read", {}).get("MovablePool", 0) > 0]), 3)
        self.assertEqual([row["relocation"] for row in rows if row.get("moved")], ["memcpy", "move constructor"])
        self.assert_tables("pools", "Objects that may be moved, 64 B: ns",
                           "A compaction after nine objects of ten were destroyed by chance")

    def test_arenas(self):
        self.assert_times("arenas", arenas.GROUPS, arenas.OURS)
        self.assertTrue(self.result("arenas")["targets"])
        bases = {group.name: group.base for group in arenas.GROUPS}
        if not any("protobuf" in row for row in self.result("arenas")["nanoseconds"].values()):
            bases["objects"] = "Arena"
        self.assert_tables("arenas", "Targets",
                           *(f"{group.title}: time relative to {bases[group.name]}" for group in arenas.GROUPS))

    def test_micro(self):
        names = [run["name"].split("/") for run in self.result("micro")["benchmarks"]]
        self.assertEqual({case for case, _, peer, *_ in names if peer == CENOTE}, {case for case, *_ in names})
        self.assertRegex((self.folder / "micro.md").read_text(), r"(?m)^\| pair/16 +\|")

    def test_workloads(self):
        result = self.result("workloads")
        self.assertEqual(result["failures"], [])
        traffic = [name for name in workloads.SHORTEST if name in workloads.TRAFFIC]
        self.assertEqual(list(result["samples"]), traffic)
        for name in traffic:
            self.assertGreater(result["samples"][name][CENOTE][0]["cpu_s"], 0)
        self.assertEqual(len(result["figures"]), 6)
        self.assertTrue(all(set(row["values"]) == {SYSTEM, CENOTE} for row in result["figures"]))
        self.assert_tables("workloads", f"CPU time, relative to {SYSTEM}",
                           f"Peak resident memory, relative to {SYSTEM}",
                           "Geometric means, relative to the system's malloc", "Special figures")

    @unittest.skipUnless(all(shutil.which(name) for name in programs.SHORTEST), "perl is not installed")
    def test_real_programs(self):
        result = self.result("programs")
        self.assertEqual((result["failures"], list(result["samples"])), ([], list(programs.SHORTEST)))
        self.assertGreater(result["samples"][programs.SHORTEST[0]][CENOTE][0]["page_faults"], 0)
        self.assert_tables("programs", f"CPU time, relative to {SYSTEM}")

    @unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
    def test_counts(self):
        self.assertGreater(self.result("counts")[CENOTE]["pair"], 10)
        self.assert_tables("counts", "Instructions of malloc(16) and free, loop and calls included")

    @unittest.skipUnless(plots.available(), "gnuplot is not installed")
    def test_plots(self):
        expected = {f"pools-{group.name}" for group in pools.GROUPS}
        expected |= {f"arenas-{group.name}" for group in arenas.GROUPS}
        expected |= {"micro", "workloads-cpu", "workloads-memory", "programs-cpu", "programs-memory"}
        self.assertEqual({path.stem for path in self.folder.glob("*.svg")}, expected)
        for path in self.folder.glob("*.svg"):
            self.assertIn("</svg>", path.read_text(), path.name)


@unittest.skipUnless(BUILT, NOT_BUILT)
class Options(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_only_selects_cases_and_tables(self):
        for name, cases, rows in (("pair", ["pair/1"], 0), ("buddy_fragmentation", [], 3)):
            done = run("bench/run_pools", "--tiny", "--output", self.folder, "--only", name)
            self.assertEqual(done.returncode, 0, done.stdout)
            result = json.loads((self.folder / "pools.json").read_text())
            self.assertEqual((list(result["nanoseconds"]), len(result["buddy_fragmentation"]), result["movable"]),
                             (cases, rows, []))

    def test_unknown_names_are_refused(self):
        for script in "run_pools", "run_arenas", "run_workloads":
            done = run(f"bench/{script}", "--tiny", "--output", self.folder, "--only", "nothing")
            self.assertEqual(done.returncode, 1, script)
            self.assertRegex(done.stdout, rf"^{script}: .*nothing")
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
