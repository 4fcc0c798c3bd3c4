"""Programs whose address space the user has bounded, as `ulimit -v` does: address_limit_test.py LIBRARY VICTIM"""

import os
import resource
import subprocess
import sys
import unittest

LIBRARY, VICTIM = sys.argv[1:3]
MB = 1 << 20


def run(limit, *command):
    def bound():
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return subprocess.run([str(word) for word in command], env={**os.environ, "LD_PRELOAD": LIBRARY}, preexec_fn=bound,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100)


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

    def test_a_small_limit_still_starts_a_program(self):
        self.expect_success(run(60 * MB, VICTIM, "allocate_some"))

    def test_python_runs_under_both(self):
        script = "import json; x = [str(i) * 3 for i in range(200000)]; print(len(json.dumps(x)))"
        for limit in (200 * MB, 4096 * MB):
            done = run(limit, "/usr/bin/python3", "-c", script)
            self.assertEqual((done.returncode, done.stdout.strip(), done.stderr), (0, "4066670", ""))


unittest.main(argv=sys.argv[:1], verbosity=2)
