"""Programs whose user has bounded what malloc may hold: limit_test.py LIBRARY VICTIM"""

import os
import re
import subprocess
import sys
import unittest

LIBRARY, VICTIM = sys.argv[1:3]
MiB = 1 << 20


def run(options, *command):
    env = {**os.environ, "LD_PRELOAD": LIBRARY, "CENOTE_OPTIONS": options}
    return subprocess.run([str(word) for word in command], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=100)


class Limit(unittest.TestCase):
    def expect_success(self, done, output=""):
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, output, ""))

    def test_every_call_says_that_there_is_no_more_and_recovers(self):
        for size in (64, 5000, 50_000, 300_000, 3_000_000):
            for mode in ("", ":hardening=full"):
                with self.subTest(size=size, mode=mode):
                    self.expect_success(run("limit=100MiB" + mode, VICTIM, "refuse_every_call", size))

    def test_what_is_freed_can_be_had_again(self):
        for size in (64, 5000, 50_000, 300_000, 3_000_000):
            with self.subTest(size=size):
                self.expect_success(run("limit=64M", VICTIM, "exhaust", size))

    def test_python_gets_a_memory_error_and_goes_on_after_freeing(self):
        script = """
kept = []
try:
    while True: kept.append(bytearray(100_000))
except MemoryError:
    taken = len(kept)
    del kept
print(taken * 100_000 // 1_000_000, "MB")
again = [bytearray(100_000) for _ in range(taken - 10)]
print("went on")
"""
        done = run("limit=64MiB", "/usr/bin/python3", "-c", script)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        megabytes, goes_on = done.stdout.splitlines()
        self.assertTrue(35 <= int(megabytes.split()[0]) <= 64, megabytes)
        self.assertEqual(goes_on, "went on")

    def test_python_that_catches_nothing_ends_with_a_memory_error(self):
        done = run("limit=64MiB", "/usr/bin/python3", "-c", "x = [bytearray(100_000) for _ in range(10_000)]")
        self.assertEqual(done.returncode, 1)
        self.assertIn("MemoryError", done.stderr)

    def test_the_name_of_the_process_s_own_heap_is_malloc(self):
        done = run("limit.malloc=32MiB", "/usr/bin/python3", "-c", "x = [bytearray(100_000) for _ in range(10_000)]")
        self.assertEqual(done.returncode, 1)
        self.assertIn("MemoryError", done.stderr)

    def test_a_limit_that_reports_serves_and_says_so_in_few_lines(self):
        done = run("limit=16MiB:limit_action=report", "/usr/bin/python3", "-c",
                   "x = [bytearray(100_000) for _ in range(2_000)]; print(len(x))")
        self.assertEqual((done.returncode, done.stdout), (0, "2000\n"))
        lines = done.stderr.splitlines()
        self.assertTrue(2 <= len(lines) <= 16, done.stderr)
        self.assertRegex(lines[0], r"^cenote: process: \d+ bytes held, above the limit of 16777216: ")
        held = [int(re.search(r"(\d+) bytes held", line)[1]) for line in lines]
        self.assertEqual(held, sorted(held))

    def test_units_shares_and_the_control_group(self):
        for options in ("limit=67108864", "limit=65536K", "limit=64M", "limit=64MiB", "limit=1GiB", "limit=1T",
                        "limit=80%", "limit=100%", "limit=cgroup", "limit=1G:limit_action=refuse", "limit_action=report",
                        "limit.parser=64MiB", "limit.malloc=1GiB"):
            self.expect_success(run(options, VICTIM, "allocate_some"))

    def test_a_bad_value_is_one_line_that_names_it(self):
        for options, named in (("limit=much", "much"), ("limit=", '""'), ("limit=0", '"0"'), ("limit=-1", "-1"),
                               ("limit=0%", "0%"), ("limit=101%", "101%"), ("limit=99999999999999T", "99999999999999T"),
                               ("limit=MiB", "MiB"), ("limit_action=ignore", "ignore"), ("limit.malloc=much", "much")):
            done = run(options, VICTIM, "allocate_some")
            self.assertEqual(done.returncode, 0)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(named, done.stderr)
            self.assertIn("limit", done.stderr)


unittest.main(argv=sys.argv[:1], verbosity=2)
