"""Programs whose memory the user limits, as `ulimit -v` and `ulimit -d` do: address_limit_test.py LIBRARY VICTIM"""

import os
import resource
import subprocess
import sys
import unittest

LIBRARY, VICTIM = sys.argv[1:3]
MB = 1 << 20


DEFAULT = {"LD_PRELOAD": LIBRARY}
FULL = {"LD_PRELOAD": LIBRARY, "CENOTE_OPTIONS": "hardening=full"}
SYSTEM = {}
CANARY = 16  # bytes at the end of each block of the tier full


def run(limit, *command, kind=resource.RLIMIT_AS, environment=DEFAULT):
    def bound():
        resource.setrlimit(kind, (limit, limit))
    return subprocess.run([str(word) for word in command], env={**os.environ, **environment}, preexec_fn=bound,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100)


def amounts(limit, deed, size, kind, environment):
    """What the victim got, in bytes, and whether a thread could be started afterwards: one pair for each round."""
    done = run(limit, VICTIM, deed, size, kind=kind, environment=environment)
    if done.returncode != 0:
        raise AssertionError((done.returncode, done.stdout, done.stderr))
    return [(int(amount), thread == "1") for amount, thread in (line.split() for line in done.stdout.splitlines())]


class AddressLimit(unittest.TestCase):
    def expect_success(self, done, output=""):
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, output, ""))

    def test_half_of_200_mb_can_be_used(self):
        self.expect_success(run(200 * MB, VICTIM, "use_bytes", 100 * MB))

    def test_half_of_4_gb_can_be_used(self):
        self.expect_success(run(4096 * MB, VICTIM, "use_bytes", 2048 * MB))

    def test_at_the_limit_malloc_says_enomem_and_what_is_freed_can_be_had_again(self):
        for size in (64, 5000, 50_000, 300_000, 3_000_000):
            self.expect_success(run(200 * MB, VICTIM, "exhaust", size))

    def expect_nine_tenths_of_the_systems(self, limit, deed, size, kind, sizes):
        """In each round, of blocks of `sizes`, cenote serves 0.9 of what the system's malloc serves, the canaries of the tier
        `full` counted as served; then a thread can be started."""
        system = amounts(limit, deed, size, kind, SYSTEM)
        for tier in (DEFAULT, FULL):
            with self.subTest(limit=limit // MB, size=size, kind=kind, tier=tier):
                ours = amounts(limit, deed, size, kind, tier)
                self.assertEqual(len(ours), len(system))
                canary = CANARY if tier is FULL else 0
                for (got, started), (reference, _), each in zip(ours, system, sizes):
                    self.assertGreaterEqual(got * (each + canary) / each, 0.9 * reference)
                    self.assertTrue(started)

    def test_what_is_freed_is_had_again_within_a_tenth_of_the_systems_malloc(self):
        for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
            for limit in (100 * MB, 300 * MB, 1024 * MB):
                self.expect_nine_tenths_of_the_systems(limit, "take_all_three_times", 100_000, kind, [100_000] * 3)

    def test_memory_of_small_blocks_serves_large_ones(self):
        for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
            self.expect_nine_tenths_of_the_systems(300 * MB, "take_small_then_large", 200, kind, [200, 2 << 20])

    def test_a_small_limit_still_starts_a_program(self):
        self.expect_success(run(60 * MB, VICTIM, "allocate_some"))

    def test_python_runs_under_both(self):
        script = "import json; x = [str(i) * 3 for i in range(200000)]; print(len(json.dumps(x)))"
        for limit in (200 * MB, 4096 * MB):
            done = run(limit, "/usr/bin/python3", "-c", script)
            self.assertEqual((done.returncode, done.stdout.strip(), done.stderr), (0, "4066670", ""))


unittest.main(argv=sys.argv[:1], verbosity=2)
