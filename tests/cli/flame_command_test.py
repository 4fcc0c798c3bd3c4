"""Heap profiles with files, lines and inlined functions, and `cenote flame`, end to end."""

import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from command_line import CENOTE, CommandTest, cenote, environment

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from pprof import Profile  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGETS = pathlib.Path(os.environ.get("CENOTE_TARGETS") or ROOT / "build/release/tests")
CALLS = TARGETS / "cenote_target_calls"
SOURCE = ROOT / "tests/cli/targets/calls.cpp"
EVERY_BLOCK = environment(CENOTE_OPTIONS="profile_rate=1")


def line_of(comment):
    """The number of the line of the target that ends with a comment."""
    lines = SOURCE.read_text().splitlines()
    return next(i for i, line in enumerate(lines, 1) if line.endswith(f"// line of {comment}"))


class Flame(CommandTest):
    def profile_of(self, program, name="heap.pb"):
        file = self.folder / name
        done = cenote("run", "--profile", file, "--", program, env=EVERY_BLOCK)
        self.assertEqual(done.returncode, 0, done.stderr)
        return file

    def traces(self, file):
        """{calls innermost first} as pprof sees them."""
        done = subprocess.run(["go", "tool", "pprof", "-traces", "-lines", "-sample_index=alloc_space", file], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                              env=environment(HOME=str(self.folder), PPROF_TMPDIR=str(self.folder)))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    @unittest.skipUnless(shutil.which("go"), "Debian's golang-go is not installed")
    def test_pprof_sees_files_lines_and_inlined_functions(self):
        traces = self.traces(self.profile_of(CALLS))
        self.assertRegex(traces, rf"(?m)take .*calls\.cpp:{line_of('take')} \(inline\)\n +grow .*calls\.cpp:{line_of('grow')}\n"
                                 r" +main .*calls\.cpp:\d+$")

    def test_figures_and_labels_stay_as_they_were(self):
        profile = Profile(self.profile_of(CALLS))
        in_grow = lambda stack, labels: "_Z4growv" in stack and stack[0] != "_Z7scratchv"
        in_parse = lambda stack, labels: "_Z5parsev" in stack
        self.assertEqual(profile.sum("inuse_space", in_grow), 50 * 1000)
        self.assertEqual(profile.sum("inuse_objects", in_parse), 30)
        labels = [labels for stack, _, labels in profile.samples if stack[:2] == ["take", "_Z5parsev"]]
        self.assertTrue(labels)
        for one in labels:
            self.assertEqual((one["thread"], one["tag"], one["pool"]), ("worker", "parser", "malloc"))

    def test_a_program_without_debug_information_keeps_the_names_of_its_symbol_table(self):
        program = self.folder / "calls"
        subprocess.run(["objcopy", "--strip-debug", CALLS, program], check=True)
        profile = Profile(self.profile_of(program))
        self.assertEqual(profile.sum("inuse_space", lambda stack, labels: stack[0] == "_Z4growv"), 50 * 1000)
        self.assertEqual(profile.lines["_Z4growv"], ("", 0))

    def test_debug_information_may_be_in_a_file_beside(self):
        program, debug = self.folder / "calls", self.folder / "calls.debug"
        subprocess.run(["objcopy", "--only-keep-debug", CALLS, debug], check=True)
        subprocess.run(["objcopy", "--strip-all", f"--add-gnu-debuglink={debug}", CALLS, program], check=True)
        profile = Profile(self.profile_of(program))
        file, line = profile.lines["_Z4growv"]
        self.assertTrue(file.endswith("calls.cpp"))
        self.assertGreaterEqual(line, line_of("grow"))

    def test_lines_are_those_of_the_file_that_ran(self):
        """Another program at the same place has another build id: nothing is taken from it."""
        program = self.folder / "calls"
        subprocess.run(["objcopy", "--strip-debug", CALLS, program], check=True)
        file = self.profile_of(program)
        other = self.folder / "other.cpp"
        other.write_text(SOURCE.read_text().replace("50", "51"))
        subprocess.run(["g++", "-std=c++20", "-O2", "-g", "-Wl,--build-id", other, "-o", program, "-pthread"], check=True)
        page = self.page_of(file)
        self.assertNotIn("other.cpp", page)
        shutil.copy(CALLS, program)  # the one that ran, with its debug information
        self.assertIn("calls.cpp", self.page_of(file))

    def page_of(self, file):
        page = self.folder / "page.html"
        done = cenote("flame", file, "-o", page)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"{page}\n", ""))
        return page.read_text()

    def test_a_page_is_one_file(self):
        file = self.profile_of(CALLS)
        done = cenote("flame", file)
        self.assertEqual((done.returncode, done.stdout), (0, f"{file}.html\n"), done.stderr)
        page = (self.folder / "heap.pb.html").read_text()
        asked = re.findall(r"https?://(?!www\.w3\.org/2000/svg)|\bsrc=|\nimport |@import|url\(", page)
        self.assertEqual(asked, [])
        self.assertIn("calls.cpp", page)
        zipped = self.folder / "heap.pb.gz"
        zipped.write_bytes(gzip.compress(file.read_bytes()))
        same = lambda text: re.search(r'"profile".*?</script>', text, re.S)[0]
        self.assertEqual(same(self.page_of(zipped)), same(page))

    def test_a_dash_is_standard_output(self):
        file = self.profile_of(CALLS)
        done = subprocess.run([CENOTE, "flame", file, "-o", "-"], cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, self.page_of(file))
        self.assertFalse((self.folder / "-").exists())
        with open(self.folder / "both.html", "w+") as both:  # what is in the file before stays
            both.write("before\n")
            both.flush()
            subprocess.run([CENOTE, "flame", file, "-o", "-"], stdout=both, check=True, timeout=60)
            both.seek(0)
            self.assertEqual(both.read(), "before\n" + done.stdout)

    def test_the_page_counts_call_stacks(self):
        page = self.page_of(self.profile_of(CALLS))
        self.assertRegex(page, r'class="facts">\d+ call stacks · ')

    def test_a_text_profile_of_jemalloc_is_refused_with_the_tool_that_reads_it(self):
        path = self.folder / "jeprof.out.heap"
        path.write_text("heap_v2/524288\n  t*: 2: 2097152 [0: 0]\n@ 0x401136 0x401150\n  t*: 2: 2097152 [0: 0]\n")
        self.assert_refused(cenote("flame", path), 2, "jemalloc's own text format", f"`jeprof --text PROGRAM {path}`")

    @unittest.skipUnless(shutil.which("go"), "Debian's golang-go is not installed")
    def test_a_text_profile_of_gperftools_is_refused_with_pprof_as_a_remedy_that_works(self):
        path = self.folder / "server.0001.heap"
        path.write_text("heap profile:      2:  2097152 [     2:  2097152] @ heapprofile\n"
                        "     2:  2097152 [     2:  2097152] @ 0x401136 0x401150\n\n"
                        "MAPPED_LIBRARIES:\n00400000-00401000 r-xp 00000000 00:00 0 /no/such/program\n")
        refused = cenote("flame", path)
        self.assert_refused(refused, 2, str(path), "gperftools' text format")
        remedy = re.search("`(.*)`", refused.stderr)[1]
        subprocess.run(remedy, shell=True, check=True, stderr=subprocess.DEVNULL, timeout=100,
                       env=environment(HOME=str(self.folder), PPROF_TMPDIR=str(self.folder)))
        self.assertIn("2097152", self.page_of(pathlib.Path(f"{path}.pb.gz")))

    def test_run_makes_pages_for_the_program_and_its_children(self):
        page = self.folder / "heap.html"
        done = cenote("run", "--profile", page, "--", "/usr/bin/python3", "-c",
                      f"import subprocess; subprocess.run(['{CALLS}'])", env=EVERY_BLOCK)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("PID.html: 2 processes", done.stderr)
        pages = sorted(self.folder.glob("heap*.html"))
        self.assertEqual(len(pages), 2)
        self.assertRegex(pages[0].name, r"^heap\.\d+\.html$")
        self.assertIn("grow()", pages[0].read_text())
        self.assertIn("PyObject", page.read_text())

    def test_what_is_no_profile_is_refused(self):
        file = self.profile_of(CALLS)
        for name, content, words in (("empty.pb", b"", "is empty"),
                                     ("text.pb", SOURCE.read_bytes(), "is no profile of pprof's"),
                                     ("cut.pb", file.read_bytes()[:-3], "is cut short"),
                                     ("cut.pb.gz", gzip.compress(file.read_bytes())[:-9], "is cut short")):
            with self.subTest(name):
                path = self.folder / name
                path.write_bytes(content)
                self.assert_refused(cenote("flame", path), 2, name, words)
                self.assertFalse(pathlib.Path(f"{path}.html").exists())
        self.assert_refused(cenote("flame", "/no/such/heap.pb"), 2, "'/no/such/heap.pb'", "No such file")
        self.assert_refused(cenote("flame", self.folder), 2, "Is a directory")
        self.assert_refused(cenote("flame"), 2, "no profile", "cenote run --profile")
        self.assert_refused(cenote("flame", file, "-o", "/no/such/page.html"), 2, "-o '/no/such/page.html'")
        self.assert_refused(cenote("flame", file, "-o", file), 2, "that is the profile itself")


if __name__ == "__main__":
    unittest.main(verbosity=2)
