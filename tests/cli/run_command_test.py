"""`cenote run` end to end."""

import pathlib
import re
import signal
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from pprof import Profile  # noqa: E402: beside the tests, not installed
from command_line import CENOTE, CommandTest, cenote, environment


class Run(CommandTest):
    def test_the_program_has_its_malloc_replaced(self):
        done = cenote("run", "--", "cat", "/proc/self/maps")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("libcenote-malloc.so", done.stdout)

    def test_an_existing_preload_stays_behind_ours(self):
        done = cenote("run", "--", "sh", "-c", "echo $LD_PRELOAD", env=environment(LD_PRELOAD="libm.so.6"))
        self.assertRegex(done.stdout, r"^/\S+/libcenote-malloc\.so:libm\.so\.6$")

    def test_stdin_stdout_and_stderr_are_the_programs(self):
        done = subprocess.run([CENOTE, "run", "--", "sh", "-c", "cat; echo oops >&2"], input="text", text=True,
                              capture_output=True, timeout=60)
        self.assertEqual(done.stdout, "text")
        self.assertTrue(done.stderr.startswith("oops\n"), done.stderr)

    def test_a_table_is_on_stderr(self):
        done = cenote("run", "--", "true")
        for name in ("wall time", "CPU time", "peak resident", "page faults", "processes"):
            self.assertRegex(done.stderr, rf"(?m)^  {name} +\S")

    def test_the_exit_status_is_the_programs(self):
        self.assertEqual(cenote("run", "--", "sh", "-c", "exit 7").returncode, 7)
        self.assertEqual(cenote("run", "--", "sh", "-c", "kill -SEGV $$").returncode, 128 + signal.SIGSEGV)

    def test_a_program_that_cannot_run_is_named(self):
        self.assert_refused(cenote("run", "--", "no-such-program"), 127, "cannot run 'no-such-program': not found")
        self.assert_refused(cenote("run", "--", "/etc/passwd"), 126, "cannot run '/etc/passwd': not executable")

    def test_bad_words_are_refused(self):
        self.assert_refused(cenote("run"), 2, "no program to run")
        self.assert_refused(cenote("run", "--bogus", "--", "ls"), 2, "unknown option '--bogus'")
        self.assert_refused(cenote(), 2, "no command")

    def test_a_library_that_does_not_load_is_named(self):
        missing = environment(CENOTE_MALLOC_LIBRARY="/no/such.so")
        self.assert_refused(cenote("run", "--", "true", env=missing), 2, "'/no/such.so' does not exist")
        broken = self.folder / "broken.so"
        broken.write_text("no library")
        self.assert_refused(cenote("run", "--", "true", env=environment(CENOTE_MALLOC_LIBRARY=str(broken))), 2,
                            str(broken), "does not load")

    def test_a_profile_is_the_programs_and_those_of_its_children_lie_beside(self):
        file = self.folder / "heap.pb"
        done = cenote("run", "--profile", file, "--", "/usr/bin/python3", "-c", "kept = [bytes(10000) for _ in range(10000)]")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, rf"(?m)^  heap profile +{re.escape(str(file))}$")
        self.assertAlmostEqual(Profile(file).sum("peak_space") / 100e6, 1, delta=0.4)
        done = cenote("run", "--profile", file, "--", "sh", "-c", "/usr/bin/python3 -c pass; /usr/bin/python3 -c pass; exit 3")
        self.assertEqual(done.returncode, 3)
        self.assertEqual(len(list(self.folder.glob("heap.pb.*"))), 2)
        self.assertIn(": 2 processes", done.stderr)  # dash ends by _exit

    def test_a_profile_of_a_killed_program_is_none(self):
        file = self.folder / "heap.pb"
        done = cenote("run", "--profile", file, "--", "sh", "-c", "kill -KILL $$")
        self.assertIn("none: no process ended by exit", done.stderr)
        self.assertFalse(file.exists())
        self.assert_refused(cenote("run", "--profile", "/no/such/heap.pb", "--", "true"), 2, "--profile", "/no/such/heap.pb")

    def test_a_report_has_pictures_and_sizes(self):
        report = self.folder / "a" / "b"
        done = cenote("run", "--report", report, "--", "perl", "-e", "my @a = map { 'x' x $_ } 1 .. 3000;")
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (report / "index.html").read_text()
        self.assert_self_contained(page)
        for part in ("Resident memory over time", "Requests by size", "<svg"):
            self.assertIn(part, page)
        self.assertRegex(done.stderr, r"(?m)^  allocations +[1-9]")

    def test_a_report_says_why_memory_was_resident(self):
        code = "import time; kept = [bytes(2000) for _ in range(20000)]; time.sleep(1.5)"
        done = cenote("run", "--report", self.folder, "--", "/usr/bin/python3", "-c", code)
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (self.folder / "index.html").read_text()
        live = re.search(r"live: ([0-9.]+) MiB", page)
        self.assertTrue(live, "no live bytes on the page")
        self.assertGreater(float(live[1]), 38)
        self.assertLess(float(live[1]), 50)

    def test_a_report_that_cannot_be_written_stops_before_the_run(self):
        flag = self.folder / "flag"
        done = cenote("run", "--report", "/proc/none", "--", "touch", flag)
        self.assert_refused(done, 2, "--report '/proc/none'")
        self.assertFalse(flag.exists())

    def test_interrupts_reach_the_whole_program(self):
        self.assertEqual(self.interrupt(["run"]), 128 + signal.SIGINT)
        self.assertEqual(self.interrupt(["run"], signal.SIGTERM), 128 + signal.SIGTERM)

    def test_a_program_that_handles_an_interrupt_ends_as_it_likes(self):
        script = "import signal,sys,time; signal.signal(2, lambda *_: sys.exit(5)); print(flush=True); time.sleep(60)"
        started = subprocess.Popen([CENOTE, "run", "--", "/usr/bin/python3", "-c", script], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        started.stdout.readline()
        started.send_signal(signal.SIGINT)
        started.communicate(timeout=20)
        self.assertEqual(started.returncode, 5)

    def test_version_and_help(self):
        self.assertTrue(re.fullmatch(r"cenote \d+\.\d+\.\d+\n", cenote("--version").stdout))
        for words in (["--help"], ["run", "--help"], ["compare", "--help"]):
            done = cenote(*words)
            self.assertEqual(done.returncode, 0)
            self.assertIn("Example", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
