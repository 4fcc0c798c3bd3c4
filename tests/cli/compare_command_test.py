"""`cenote compare` end to end."""

import json
import os
import pty
import signal
import subprocess
import unittest

from command_line import CENOTE, CommandTest, cenote, environment

FIELDS = {"wall_s", "cpu_s", "peak_rss_bytes", "page_faults"}
METRICS = {"wall", "cpu", "peak_rss", "page_faults"}
WHO = 'echo "${LD_PRELOAD:-none}" >> '  # a shell's words that note who is preloaded


def our_library():
    return cenote("run", "--", "sh", "-c", "echo $LD_PRELOAD").stdout.strip()


def everything_of(terminal):
    """What was written to it; it comes in parts, and an error is its end."""
    text = b""
    try:
        while part := os.read(terminal, 65536):
            text += part
    except OSError:
        pass
    return text.decode()


class Compare(CommandTest):
    def noted_preloads(self, *options, **environment_changes):
        """Which libraries each run had preloaded, in order."""
        notes = self.folder / "notes"
        done = cenote("compare", *options, "--", "sh", "-c", f"{WHO}{notes}", env=environment(**environment_changes))
        self.assertEqual(done.returncode, 0, done.stderr)
        return notes.read_text().split()

    def test_the_allocators_take_turns_after_a_warm_up(self):
        ours = our_library()
        self.assertEqual(self.noted_preloads("-n", 2), ["none", ours] * 3)

    def test_others_join_in_order(self):
        ours = our_library()
        self.assertEqual(self.noted_preloads("-n", 1, "--with", "m=libm.so.6", "--with", "c=libdl.so.2"),
                         ["none", ours, "libm.so.6", "libdl.so.2"] * 2)

    def test_our_own_preload_is_taken_from_the_systems_runs(self):
        ours = our_library()
        self.assertEqual(self.noted_preloads("-n", 1, LD_PRELOAD=f"libm.so.6:{ours}"),
                         ["libm.so.6", f"{ours}:libm.so.6"] * 2)

    def test_json_goes_to_standard_output_alone_for_a_dash(self):
        done = cenote("compare", "-n", 1, "--json", "-", "--", "true", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["runs"], 1)
        self.assertIn("system", done.stderr)  # the table
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_the_json_is_as_documented(self):
        file = self.folder / "out.json"
        done = cenote("compare", "-n", 3, "--with", "m=libm.so.6", "--json", file, "--", "sh", "-c", "true")
        self.assertEqual(done.returncode, 0, done.stderr)
        numbers = json.loads(file.read_text())
        self.assertEqual(list(numbers), ["command", "runs", "allocators", "ratios"])
        self.assertEqual((numbers["command"], numbers["runs"]), (["sh", "-c", "true"], 3))
        self.assertEqual(list(numbers["allocators"]), ["system", "cenote", "m"])
        for fields in numbers["allocators"].values():
            self.assertEqual(set(fields), FIELDS)
            for spread in fields.values():
                self.assertEqual(list(spread), ["min", "median", "max"])
                self.assertTrue(0 < spread["min"] <= spread["median"] <= spread["max"])
        self.assertEqual(numbers["ratios"]["system"], dict.fromkeys(METRICS, 1.0))
        self.assertEqual(set(numbers["ratios"]["cenote"]), METRICS)

    def test_the_table_is_alone_on_stdout(self):
        done = cenote("compare", "-n", 1, "--", "sh", "-c", "echo noise; echo noise >&2")
        self.assertEqual(done.stderr, "")
        rows = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")]
        self.assertEqual(rows[0], "allocator")
        self.assertEqual(rows[2:4], ["system", "cenote"])
        self.assertNotIn("\nnoise", done.stdout)

    def test_the_page_is_self_contained(self):
        file = self.folder / "out.html"
        script = "x = [str(i) for i in range(20000)]"
        done = cenote("compare", "-n", 2, "--html", file, "--", "/usr/bin/python3", "-c", script,
                      env=environment(PYTHONMALLOC="malloc"))
        self.assertEqual(done.returncode, 0, done.stderr)
        page = file.read_text()
        self.assert_self_contained(page)
        for part in ("Resident memory over time", "Requests by size", "How this was measured", "prefers-color-scheme"):
            self.assertIn(part, page)

    def test_a_library_that_records_no_sizes_is_named_on_the_page(self):
        file = self.folder / "out.html"
        done = cenote("compare", "-n", 1, "--html", file, "--", "true", env=environment(CENOTE_MALLOC_LIBRARY="libm.so.6"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("libm.so.6 recorded none", file.read_text())

    def test_every_run_has_the_same_stdin(self):
        source = self.folder / "in"
        source.write_text("first\nsecond\n")
        notes = self.folder / "notes"
        with source.open() as stdin:
            cenote("compare", "-n", 1, "--", "sh", "-c", f"cat >> {notes}", stdin=stdin)
        self.assertEqual(notes.read_text(), "first\nsecond\n" * 4)

    def test_a_failing_program_is_shown(self):
        done = cenote("compare", "-n", 2, "--", "sh", "-c", "echo one; echo two >&2; exit 3")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("failed under system (warm-up): exit status 3", done.stderr)
        self.assertTrue(done.stderr.endswith("    one\n    two\n"), done.stderr)

    def test_a_failure_is_told_by_its_allocator_and_run(self):
        count = self.folder / "count"
        script = f'echo x >> {count}; [ "$(wc -l < {count})" -lt 4 ] || kill -9 $$'
        done = cenote("compare", "-n", 3, "--", "sh", "-c", script)
        self.assertEqual(done.returncode, 128 + signal.SIGKILL)
        self.assertIn("failed under cenote (run 1 of 3): killed by signal 9", done.stderr)

    def test_bad_words_are_refused(self):
        refusals = {("-n", "0"): "-n '0'", ("-n", "many"): "-n 'many'", ("--with", "x"): "NAME=LIB.so",
                    ("--with", "cenote=libm.so.6"): "'cenote' is always compared", ("--fast",): "unknown option '--fast'",
                    ("--with", "x=/no/such.so"): "'/no/such.so' does not exist",
                    ("--with", "x=none.so"): "'none.so' does not load", ("--json", "/none/x"): "--json '/none/x'",
                    ("--html", str(self.folder)): "--html"}
        for words, said in refusals.items():
            self.assert_refused(cenote("compare", *words, "--", "true"), 2, said)
        self.assert_refused(cenote("compare", "-n", 1), 2, "no program to run")
        self.assert_refused(cenote("compare", "--", "no-such-program"), 127, "cannot run 'no-such-program'")

    def test_a_failed_comparison_leaves_no_files(self):
        cenote("compare", "-n", 1, "--json", self.folder / "j", "--html", self.folder / "h", "--", "false")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_full_disk_is_one_line(self):
        done = cenote("compare", "-n", 1, "--json", "/dev/full", "--", "true")
        self.assertEqual((done.returncode, done.stderr), (1, "cenote: cannot write '/dev/full': No space left on device\n"))

    def test_interrupts_leave_nothing_running(self):
        self.assertEqual(self.interrupt(["compare", "-n", "3"]), 128 + signal.SIGINT)
        self.assertEqual(self.interrupt(["compare", "-n", "3"], signal.SIGTERM), 128 + signal.SIGTERM)

    def test_progress_is_for_terminals(self):
        ours, theirs = pty.openpty()
        done = subprocess.run([CENOTE, "compare", "-n", "1", "--", "true"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=theirs, timeout=60)
        os.close(theirs)
        shown = everything_of(ours)
        os.close(ours)
        self.assertEqual(done.returncode, 0)
        self.assertIn("1/4  system, warm-up", shown)
        self.assertIn("4/4  cenote, run 1 of 1", shown)

    def test_memory_of_a_tree_is_that_of_all_its_processes(self):
        file, holding = self.folder / "out.json", self.folder / "holding"
        script = self.folder / "hold.py"
        script.write_text("import os, time\n"
                          "x = bytearray(40 << 20)\n"
                          f"open(f'{holding}/{{os.getpid()}}', 'w').close()\n"
                          f"while len(os.listdir('{holding}')) < 2: time.sleep(0.01)\n"
                          "time.sleep(0.4)\n")
        hold = f"/usr/bin/python3 {script}"
        cenote("compare", "-n", 1, "--json", file, "--", "sh", "-c",
               f"rm -rf {holding}; mkdir {holding}; {hold} & {hold}; wait")
        peak = json.loads(file.read_text())["allocators"]["system"]["peak_rss_bytes"]["median"]
        self.assertGreater(peak, 80 << 20)


if __name__ == "__main__":
    unittest.main(verbosity=2)
