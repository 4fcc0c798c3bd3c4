"""`cenote run` end to end."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from pprof import Profile  # noqa: E402: beside the tests, not installed
from command_line import CENOTE, CommandTest, cenote, environment


TARGETS = pathlib.Path(os.environ.get("CENOTE_TARGETS") or pathlib.Path(CENOTE).parents[1] / "tests")


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
        self.assertRegex(done.stderr, ": [23] processes")  # dash ends by _exit: it has one if it was read before

    def waiting(self, file):
        """cenote run with a profile of a program that holds 2,000 + 1,000 blocks and waits, and the program's id."""
        run = subprocess.Popen([CENOTE, "run", "--profile", file, "--", TARGETS / "cenote_target_two_segments"], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=environment(CENOTE_OPTIONS="profile_rate=1"))
        self.addCleanup(run.__exit__, None, None, None)
        self.addCleanup(run.kill)
        self.assertEqual(run.stdout.readline(), "ready\n")
        return run, int(pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text())

    def blocks_in(self, file):
        return [Profile(file).sum("inuse_objects", lambda stack, labels: stack[0] == name) for name in ("_Z10grab_otherv", "_Z4grabv")]

    def test_a_signal_that_is_passed_on_leaves_the_profile_of_that_moment(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            file = self.folder / f"{number}.pb"
            run, _ = self.waiting(file)
            run.send_signal(number)
            self.assertEqual(run.wait(60), 128 + number)
            said = run.stderr.read()
            self.assertRegex(said, rf"heap profile +{re.escape(str(file))}; the program's is from [\d.]+ .?s before its end\n")
            self.assertEqual(self.blocks_in(file), [2000, 1000])

    def test_a_killed_program_leaves_the_last_profile_that_was_read(self):
        file = self.folder / "heap.pb"
        for seconds in (0.2, 0.5, 1, 2, 5, 10, 20):  # when the machine has time for a reading is not known
            run, program = self.waiting(file)
            time.sleep(seconds)
            os.kill(program, signal.SIGKILL)
            self.assertEqual(run.wait(60), 128 + signal.SIGKILL)
            said = run.stderr.read()
            if file.exists() and self.blocks_in(file) == [2000, 1000]:
                break
        self.assertEqual(self.blocks_in(file), [2000, 1000])
        self.assertIn("; the program's is from ", said)

    def test_without_a_profile_the_reason_is_told(self):
        file = self.folder / "heap.pb"
        done = cenote("run", "--profile", file, "--", TARGETS / "cenote_target_everything_static")
        self.assertRegex(done.stderr, "heap profile +none: '.*everything_static' is linked statically")
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

    def test_python_is_told_of_its_own_arenas(self):
        words = ("run", "--profile", self.folder / "heap.pb", "--", "/usr/bin/python3", "-c", "pass")
        self.assertIn("PYTHONMALLOC=malloc", cenote(*words).stderr)
        self.assertNotIn("PYTHONMALLOC", cenote(*words, env=environment(PYTHONMALLOC="malloc")).stderr)
        self.assertNotIn("PYTHONMALLOC", cenote("run", *words[3:]).stderr)

    def test_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w") as full:
            for words in (["--help"], ["--version"], ["run", "--help"]):
                done = subprocess.run([CENOTE, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr),
                                 (1, "cenote: cannot write to standard output: No space left on device\n"))

    def test_version_and_help(self):
        self.assertTrue(re.fullmatch(r"cenote \d+\.\d+\.\d+\n", cenote("--version").stdout))
        for words in (["--help"], ["run", "--help"], ["compare", "--help"]):
            done = cenote(*words)
            self.assertEqual(done.returncode, 0)
            self.assertIn("Example", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
