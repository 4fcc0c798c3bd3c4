"""Heap profiles of malloc, by CENOTE_OPTIONS: profile_test.py LIBRARY PROFILED FREES_LATE"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from pprof import Profile  # noqa: E402: beside the tests, not installed

LIBRARY, PROFILED, FREES_LATE = sys.argv[1:4]


def environment(options):
    return {**os.environ, "LD_PRELOAD": LIBRARY, "CENOTE_OPTIONS": options}


def in_function(name):
    return lambda stack, labels: any(name in function for function in stack)


class Profiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_with(self, options, *command):
        done = subprocess.run(command or [PROFILED], env=environment(options), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def expect_known(self, profile):
        self.assertEqual(profile.sum("inuse_objects", in_function("4site4keep")), 100)
        self.assertEqual(profile.sum("inuse_space", in_function("4site4keep")), 100_000)
        self.assertEqual(profile.sum("alloc_space", in_function("4site4pass")), 500 * 300 + 5000)
        self.assertEqual(profile.sum("inuse_space", in_function("4site4pass")), 0)
        self.assertIn("4site4keep", profile.top("inuse_objects"))
        self.assertTrue(any(name.endswith("malloc_profiled") for name in profile.mappings))

    def test_at_exit_and_exact_at_rate_one(self):
        for hardening in ("default", "full"):
            file = self.folder / f"{hardening}.pb"
            done = self.run_with(f"profile={file}:profile_rate=1:hardening={hardening}")
            self.assertEqual(done.stderr, "")
            profile = Profile(file)
            self.expect_known(profile)
            self.assertEqual(profile.period, 1)
            self.assertEqual({labels["pool"] for _, _, labels in profile.samples}, {"malloc"})

    def test_percent_p_is_the_process(self):
        self.run_with(f"profile={self.folder}/%p.pb:profile_rate=1", PROFILED, "fork")
        parent, child = sorted(self.folder.iterdir(), key=lambda path: int(path.stem))
        self.expect_known(Profile(parent))
        self.assertEqual(Profile(child).sum("inuse_space", in_function("4site4keep")), 300_000)

    def test_a_child_does_not_write_over_its_parents_file(self):
        file = self.folder / "one.pb"
        self.run_with(f"profile={file}:profile_rate=1", PROFILED, "fork")
        self.assertEqual(list(self.folder.iterdir()), [file])
        self.expect_known(Profile(file))

    def test_on_a_signal_while_it_runs(self):
        for name, number in (("usr1", signal.SIGUSR1), ("usr2", signal.SIGUSR2)):
            file = self.folder / f"{name}.pb"
            with subprocess.Popen([PROFILED, "wait"], env=environment(f"profile={file}:profile_rate=1:profile_signal={name}"),
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
                self.assertEqual(process.stdout.readline(), "ready\n")
                self.assertFalse(file.exists())
                process.send_signal(number)
                for _ in range(1000):
                    if file.exists():
                        break
                    time.sleep(0.01)
                self.expect_known(Profile(file))
                self.assertIsNone(process.poll())
                process.stdin.close()
                self.assertEqual(process.wait(20), 0)

    def test_a_list_of_what_was_not_freed(self):
        report = self.run_with("leaks=on:profile_rate=1").stderr
        self.assertIn("every block was looked at", report)
        self.assertIn("cenote: 100000 bytes in 100 blocks, pool malloc", report)
        self.assertRegex(report, r"100000 bytes in 100 blocks.*\n +site::keep\(unsigned long\)  \(.*malloc_profiled\+0x")
        self.assertNotIn("site::pass", report)
        self.assertIn("estimated from samples", self.run_with("leaks=on:profile_rate=4096").stderr)

    def test_a_list_of_leaks_looks_at_every_block(self):
        report = self.run_with("leaks=on").stderr
        self.assertIn("cenote: 100000 bytes in 100 blocks, pool malloc", report)
        self.assertIn("every block was looked at", report)
        self.assertIn("cenote: 1000 bytes in 1 block, pool malloc", self.run_with("leaks=on", PROFILED, "one").stderr)

    def test_a_list_of_leaks_without_a_sample_does_not_say_that_there_are_none(self):
        report = self.run_with("leaks=on:profile_rate=1000000000000").stderr
        self.assertEqual(report, "cenote: not freed: nothing that was sampled; at one sample for each 1000000000000 bytes, leaks below "
                                 "about 3000000000000 bytes can escape: profile_rate=1 looks at every block\n")

    def test_a_stack_that_is_too_deep_begins_with_a_mark(self):
        file = self.folder / "deep.pb"
        self.run_with(f"profile={file}:profile_rate=1", PROFILED, "deep")
        mark = "[callers beyond 64 frames]"
        deep = [stack for stack, _, _ in Profile(file).samples if any("4site4deep" in function for function in stack)]
        cut = [stack for stack in deep if mark in stack]
        self.assertEqual({stack[-1] for stack in cut}, {mark})
        self.assertEqual({stack[-1] for stack in deep if stack not in cut}, {"_start"})
        self.assertGreater(min(map(len, cut)), max(len(stack) for stack in deep if stack not in cut))
        report = self.run_with("leaks=on", PROFILED, "deep").stderr
        self.assertIn(f"\n    {mark}\n", report)

    def test_tags_of_any_program(self):
        tagged = ("import ctypes; tag = ctypes.CDLL(None).cenote_malloc_tag; tag(b'parser'); kept = [bytes(3000) for _ in range(50)]; "
                  "tag(None); others = [bytes(4000) for _ in range(50)]")
        file = self.folder / "tags.pb"
        self.run_with(f"profile={file}:profile_rate=1", sys.executable, "-c", tagged)
        profile = Profile(file)
        bytes_of = lambda tag: profile.sum("alloc_space", lambda stack, labels: labels.get("tag") == tag)
        self.assertGreaterEqual(bytes_of("parser"), 150_000)
        self.assertLess(bytes_of("parser"), 200_000)

    def test_python_names_its_own_functions_at_the_default_rate(self):
        file = self.folder / "python.pb"
        self.run_with(f"profile={file}", sys.executable, "-c", "kept = [bytes(5000) for _ in range(20000)]; import os; "
                      "sum(map(len, kept))")
        profile = Profile(file)
        self.assertAlmostEqual(profile.sum("peak_space") / 100e6, 1, delta=0.4)  # 200 samples: 4 sigma are 28 %, a peak 5 %
        self.assertEqual(profile.period, 512 * 1024)

    def test_sampled_blocks_may_be_freed_after_the_profile_is_written(self):
        options = f"profile={self.folder}/late.pb:profile_rate=1"
        done = subprocess.run(["/bin/true"], env={**environment(options), "LD_PRELOAD": f"{LIBRARY} {FREES_LATE}"}, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(Profile(self.folder / "late.pb").sum("inuse_objects", in_function("allocate")), 1000)

    def test_a_file_that_cannot_be_written_is_one_line(self):
        done = self.run_with("profile=/no/such/folder/heap.pb")
        self.assertEqual(done.stderr, "cenote: CENOTE_OPTIONS: /no/such/folder/heap.pb: the file cannot be written\n")

    def test_wrong_values_are_one_line(self):
        for options, named in (("profile=", "a file, on or off"), ("profile_rate=0", "at least 1"), ("profile_rate=1k", "at least 1"),
                               ("profile_signal=hup", "usr1 or usr2"), ("leaks=yes", "on or off")):
            done = self.run_with(options)
            self.assertEqual(len(done.stderr.splitlines()), 1)
            self.assertIn(named, done.stderr)

    @unittest.skipUnless(shutil.which("go"), "Debian's golang-go is not installed")
    def test_pprof_reads_it(self):
        file = self.folder / "pprof.pb"
        self.run_with(f"profile={file}:profile_rate=1")
        top = subprocess.run(["go", "tool", "pprof", "-top", "-sample_index=inuse_objects", file], capture_output=True, text=True,
                             timeout=100, env={**os.environ, "HOME": str(self.folder)})
        self.assertEqual(top.returncode, 0, top.stderr)
        self.assertRegex(top.stdout.split("cum%\n")[1].splitlines()[0], r"100 +\d.*site::keep")


unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)
