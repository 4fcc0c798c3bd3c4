"""test_total.py counts every test once, gives the reasons of the skipped, and fails when anything is wrong."""

import unittest

import test_total
from scratch_tree import ScratchTree

PASSED = '<testcase name="a" time="1.5" status="run"/>'
FAILED = '<testcase name="b" time="0" status="fail"/>'
SKIPPED = '<testcase name="c" status="notrun"><system-out>SKIPPED: needs node\n</system-out></testcase>'
SKIPPED_BY_GTEST = '<testcase name="d" status="notrun"><system-out>x.cpp:3: Skipped\nneeds two nodes\n</system-out></testcase>'
NOT_STARTED = '<testcase name="e" status="notrun"><system-out></system-out></testcase>'

PASSED_IN_NODE = '<testcase name="f" time="0.5" classname="test"/>'
FAILED_IN_NODE = '<testcase name="g" time="0" failure="1"><failure type="testCodeFailure">1 !== 2</failure></testcase>'
SKIPPED_IN_NODE = '<testcase name="h" time="0"><skipped type="skipped" message="{}"/></testcase>'

PROGRAM = """<testcase name="heap" time="9" status="{}"><system-out>Running main()
[ RUN      ] Heap.Grows
[       OK ] Heap.Grows (1500 ms)
[ RUN      ] Heap.Shrinks
x.cpp:3: Skipped
needs two nodes
[  SKIPPED ] Heap.Shrinks (0 ms)
{}</system-out></testcase>"""

SCRIPT = """<testcase name="cli.profile" time="3" status="{}"><system-out>test_it_adds_up (profile_test.Profile.test_it_adds_up) ... ok
test_it_sums_up (profile_test.Profile.test_it_sums_up)
All of it. ... {}
test_pprof_reads_it (profile_test.Profile.test_pprof_reads_it) ... skipped 'there is no go'
</system-out></testcase>"""


class TestTotal(ScratchTree):
    def total(self, *cases, builds=("release",)):
        for build in builds:
            self.write({f"{build}/tests.xml": f"<testsuite>{''.join(cases)}</testsuite>"})
        return self.run_main(test_total.main, [self.root / "release/tests.xml", *(
            self.root / build / "tests.xml" for build in builds[1:])])

    def test_adds_up_the_builds(self):
        status, output = self.total(PASSED, SKIPPED, builds=("release", "dev"))
        self.assertEqual(status, 0)
        self.assertIn("2 skipped:\n  2 x needs node: release:c, dev:c", output)
        self.assertTrue(output.endswith("100% tests passed, 0 tests failed out of 2\nTotal Test time (real) = 3.00 sec\n"))

    def test_reads_the_reason_that_googletest_gives(self):
        self.assertIn("1 x needs two nodes: release:d", self.total(PASSED, SKIPPED_BY_GTEST)[1])

    def test_fails_when_a_test_failed(self):
        status, output = self.total(PASSED, FAILED)
        self.assertEqual(status, 1)
        self.assertIn("FAILED: release:b", output)
        self.assertIn("50% tests passed, 1 tests failed out of 2", output)

    def test_fails_when_a_test_is_skipped_without_a_reason(self):
        status, output = self.total(PASSED, NOT_STARTED)
        self.assertEqual(status, 1)
        self.assertIn("FAILED: release:e", output)

    def test_reads_what_node_writes(self):
        suite = f"<testsuite>{PASSED_IN_NODE}{SKIPPED_IN_NODE.format('no IPv6')}</testsuite>"
        status, output = self.total(PASSED_IN_NODE, suite)
        self.assertEqual(status, 0)
        self.assertIn("1 skipped:\n  1 x no IPv6: release:h", output)
        self.assertTrue(output.endswith("out of 2\nTotal Test time (real) = 1.00 sec\n"), output)

    def test_fails_when_node_says_so_or_gives_no_reason(self):
        for wrong, name in (FAILED_IN_NODE, "g"), (SKIPPED_IN_NODE.format("true"), "h"):
            status, output = self.total(PASSED_IN_NODE, wrong)
            self.assertEqual(status, 1)
            self.assertIn(f"FAILED: release:{name}", output)

    def test_counts_what_a_whole_program_of_googletest_ran(self):
        status, output = self.total(PROGRAM.format("run", ""))
        self.assertEqual(status, 0)
        self.assertIn("1 x needs two nodes: release:heap.Heap.Shrinks", output)
        self.assertTrue(output.endswith("out of 1\nTotal Test time (real) = 1.50 sec\n"), output)

    def test_names_the_test_that_failed_or_died_in_a_program(self):
        failed = "[ RUN      ] Heap.Dies\n[  FAILED  ] Heap.Dies (2 ms)\n"
        for output in failed, "[ RUN      ] Heap.Dies\nSegmentation fault\n":
            self.assertIn("FAILED: release:heap.Heap.Dies\n", self.total(PROGRAM.format("fail", output))[1])

    def test_believes_a_program_that_passed_where_ctest_has_cut_its_words(self):
        status, output = self.total(PROGRAM.format("run", "[ RUN      ] Heap.Spe...\n"))
        self.assertEqual(status, 0)
        self.assertIn("100% tests passed, 0 tests failed out of 2", output)

    def test_fails_when_a_program_fails_after_its_tests(self):
        status, output = self.total(PROGRAM.format("fail", ""))
        self.assertEqual(status, 1)
        self.assertIn("FAILED: release:heap (its end)\n", output)

    def test_counts_what_a_script_of_unittest_ran(self):
        status, output = self.total(SCRIPT.format("run", "ok"))
        self.assertEqual(status, 0)
        self.assertIn("1 x there is no go: release:cli.profile.test_pprof_reads_it", output)
        self.assertTrue(output.endswith("out of 2\nTotal Test time (real) = 3.00 sec\n"), output)

    def test_names_the_test_of_unittest_that_failed(self):
        for end in "FAIL", "ERROR":
            self.assertIn("FAILED: release:cli.profile.test_it_sums_up\n", self.total(SCRIPT.format("fail", end))[1])

    def test_fails_when_a_build_has_no_tests(self):
        self.write({"release/tests.xml": f"<testsuite>{PASSED}</testsuite>"})
        status, output = self.run_main(test_total.main, [self.root / "release/tests.xml", self.root / "dev/tests.xml"])
        self.assertEqual(status, 1)
        self.assertIn("FAILED: dev has no tests", output)

    def test_fails_when_nothing_ran(self):
        self.assertEqual(self.total()[0], 1)


if __name__ == "__main__":
    unittest.main()
