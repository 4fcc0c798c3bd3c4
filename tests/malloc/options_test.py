"""What CENOTE_OPTIONS does to a program: options_test.py LIBRARY VICTIM"""

import os
import pathlib
import re
import signal
import struct
import subprocess
import sys
import tempfile
import unittest

LIBRARY, VICTIM = sys.argv[1:3]
MAGIC = b"centsz01"


def run(*deed, options=None, program=VICTIM):
    env = {**os.environ, "LD_PRELOAD": LIBRARY}
    env.pop("CENOTE_OPTIONS", None)
    if options is not None:
        env["CENOTE_OPTIONS"] = options
    return subprocess.run([program, *map(str, deed)], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60)


THP_SWITCH = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")


def system_merges():
    """What the system does about huge pages: always, madvise or never."""
    chosen = re.search(r"\[(\w+)\]", THP_SWITCH.read_text()) if THP_SWITCH.exists() else None
    return chosen[1] if chosen else "never"


def merged_kib(options):
    """Huge pages of a program that holds 64 MiB in blocks of some KiB."""
    hold = "b = [bytes(5000) for _ in range(13000)]; print(open('/proc/self/smaps_rollup').read())"
    done = run("-c", hold, options=options, program=sys.executable)
    return int(re.search(r"AnonHugePages:\s+(\d+) kB", done.stdout)[1])


class Options(unittest.TestCase):
    def expect_quiet(self, done):
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def expect_warning(self, options, *named):
        done = run("allocate_some", options=options)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for name in ("CENOTE_OPTIONS", *named):
            self.assertIn(name, done.stderr)

    def test_none_and_empty_are_quiet(self):
        for options in (None, "", ":", "::"):
            self.expect_quiet(run("allocate_some", options=options))

    def test_every_known_option_is_quiet(self):
        for options in ("hardening=default", "hardening=full", "scavenger=on", "scavenger=off", "purge_delay_ms=0",
                        "purge_delay_ms=1000", "verbose=off", "pages=normal", "pages=transparent_huge", "pages=huge_2mib", "hardening=full:scavenger=off:purge_delay_ms=5"):
            self.expect_quiet(run("allocate_some", options=options))

    def test_an_unknown_key_is_one_line_that_names_it(self):
        self.expect_warning("colour=blue", "colour")
        self.expect_warning("hardening=full:colour=blue:scavenger=on", "colour")
        self.expect_warning("nonsense", "nonsense")
        self.expect_warning("=full", '""')

    def test_a_bad_value_is_one_line_that_names_key_and_value(self):
        self.expect_warning("hardening=maximal", "hardening", "maximal")
        self.expect_warning("hardening", "hardening")
        self.expect_warning("scavenger=maybe", "scavenger", "maybe")
        self.expect_warning("pressure=high", "pressure", "high", "on or off")
        self.expect_warning("pages=large", "pages", "large", "transparent_huge")
        self.expect_warning("purge_delay_ms=12x", "purge_delay_ms", "12x")
        self.expect_warning("purge_delay_ms=-1", "purge_delay_ms", "-1")
        self.expect_warning("purge_delay_ms=99999999999999", "purge_delay_ms")
        self.expect_warning("record_sizes=", "record_sizes")

    def test_two_wrong_ones_are_two_lines(self):
        done = run("allocate_some", options="colour=blue:hardening=maximal")
        self.assertEqual(len(done.stderr.splitlines()), 2, done.stderr)

    def test_a_directory_that_is_not_there_is_one_line_or_none_and_the_program_runs(self):
        done = run("allocate_some", options="record_sizes=/no/such/directory")
        self.assertEqual(done.returncode, 0)
        self.assertLessEqual(len(done.stderr.splitlines()), 1)

    def test_pages_transparent_huge_makes_the_heap_of_huge_pages(self):
        if system_merges() == "never":
            self.skipTest("the system merges no pages")
        self.assertGreaterEqual(merged_kib("pages=transparent_huge"), 32 * 1024)
        if system_merges() == "madvise":
            self.assertLess(merged_kib("pages=normal"), 8 * 1024)

    def test_record_sizes_writes_the_counters(self):
        with tempfile.TemporaryDirectory() as directory:
            self.expect_quiet(run("allocate_some", options=f"record_sizes={directory}"))
            (file,) = pathlib.Path(directory).iterdir()
            self.assertRegex(file.name, r"^sizes\.\d+$")
            data = file.read_bytes()
            self.assertEqual(data[:8][::1], struct.pack("<Q", 0x31307a73746e6563))
            counters = struct.unpack_from("<240Q", data, 8)
            self.assertGreaterEqual(counters[8 + 2], 1000)  # 96..111 bytes

    def test_verbose_prints_figures_at_the_end(self):
        done = run("allocate_some", options="verbose=on")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"cenote: .*bytes")

    def test_pressure_on_has_a_thread_listen_and_says_so_where_nothing_is_to_be_heard(self):
        tasks = "import os; print(sorted(open(f'/proc/self/task/{t}/comm').read().strip() for t in os.listdir('/proc/self/task')))"
        done = run("-S", "-c", tasks, options="pressure=off", program=sys.executable)
        self.assertNotIn("cenote-pressure", done.stdout)
        done = run("-S", "-c", tasks, options="pressure=on", program=sys.executable)
        self.assertEqual(done.returncode, 0)
        if done.stderr:
            self.assertIn("pressure ignored: the system says nothing of it", done.stderr)
        else:
            self.assertIn("cenote-pressure", done.stdout)

    def test_under_pressure_on_a_program_forks_and_ends_as_ever(self):
        fork = "import os; p = os.fork(); p or os._exit(7); print(os.waitstatus_to_exitcode(os.waitpid(p, 0)[1]))"
        done = run("-S", "-c", fork, options="pressure=on", program=sys.executable)
        self.assertEqual((done.returncode, done.stdout), (0, "7\n"))

    def test_scavenger_off_is_honoured(self):
        idle = pathlib.Path(VICTIM).with_name("malloc_idle_shrinks")
        done = run("off", options="scavenger=off", program=str(idle))
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class Misuse(unittest.TestCase):
    def expect_abort(self, done, *named):
        self.assertEqual(done.returncode, -signal.SIGABRT, done)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("cenote: "), done.stderr)
        self.assertTrue(any(name in done.stderr for name in named), done.stderr)

    def test_a_free_of_a_stack_pointer_aborts_with_a_line_in_every_mode(self):
        for options in (None, "hardening=default", "hardening=full"):
            self.expect_abort(run("free_stack", options=options), "foreign_block")

    def test_full_hardening_catches_a_double_free_of_every_size(self):
        for size in (1, 24, 1000, 40_000, 100_000, 2_000_000):
            self.expect_abort(run("double_free", size, options="hardening=full"), "double_free")

    def test_full_hardening_catches_a_free_inside_a_block(self):
        for size in (64, 5000, 40_000, 100_000, 2_000_000):
            self.expect_abort(run("free_inside", size, options="hardening=full"), "foreign_block")

    def test_full_hardening_catches_a_write_after_free(self):
        for size in (16, 64, 1000, 4000):
            for place in ("first", "middle", "last"):
                with self.subTest(size=size, place=place):
                    done = run(f"write_to_{place}_byte", size, options="hardening=full")
                    self.expect_abort(done, "write_after_free")

    def test_full_hardening_catches_a_write_to_the_start_of_a_larger_freed_block(self):
        for size in (5000, 40_000):
            self.expect_abort(run("write_to_first_byte", size, options="hardening=full"), "write_after_free")

    def test_under_full_hardening_a_write_to_a_large_freed_block_faults(self):
        for size in (100_000, 2_000_000):
            for place in ("first", "middle", "last"):
                with self.subTest(size=size, place=place):
                    done = run(f"write_to_{place}_byte", size, options="hardening=full")
                    self.assertEqual(done.returncode, -signal.SIGSEGV, done)

    def test_full_hardening_catches_a_write_past_the_end(self):
        for size in (1, 16, 24, 1000, 40_000, 65_536, 100_000, 2_000_000):
            for deed in ("overflow_by_a_null", "overflow_by_16"):
                with self.subTest(size=size, deed=deed):
                    self.expect_abort(run(deed, size, options="hardening=full"), "write_past_end")

    def test_full_hardening_catches_a_write_before_the_start(self):
        for size in (1, 16, 24, 1000, 40_000):
            for deed in ("underflow_by_1", "underflow_by_16"):
                with self.subTest(size=size, deed=deed):
                    self.expect_abort(run(deed, size, options="hardening=full"), "write_before_start")
        for size in (16, 24, 1000):
            self.expect_abort(run("forge_size_before", size, options="hardening=full"), "write_before_start", "write_past_end")

    def test_full_hardening_catches_a_delete_of_another_size(self):
        for size in (1, 24, 1000, 40_000, 100_000, 2_000_000):
            with self.subTest(size=size):
                self.expect_abort(run("delete_of_another_size", size, options="hardening=full"), "size_mismatch")
                for options in ("hardening=default", "hardening=full"):
                    done = run("delete_of_the_right_size", size, options=options)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_under_full_hardening_invalid_pointers_have_no_usable_size(self):
        for size in (24, 1000, 40_000, 100_000, 2_000_000):
            done = run("ask_for_usable_sizes", size, options="hardening=full")
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_under_full_hardening_new_blocks_hold_no_old_bytes(self):
        for size in (1, 24, 1000, 40_000, 100_000):
            self.assertEqual(run("find_old_bytes", size, options="hardening=full").returncode, 0)

    def test_by_default_a_double_free_of_a_huge_block_aborts(self):
        self.expect_abort(run("double_free", 2_000_000), "double_free", "foreign_block")


unittest.main(argv=sys.argv[:1], verbosity=2)
