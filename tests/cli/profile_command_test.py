"""`cenote profile` end to end: the heap profile of a running process, without a signal and without a file of its own."""

import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from command_line import CommandTest, cenote, environment, until  # noqa: E402: beside this file
from inspection import LIBRARY, Target, everything, python  # noqa: E402
from pprof import Profile  # noqa: E402: beside the tests, not installed
from serving import Server  # noqa: E402

TAGGED = """
import ctypes, sys
tag = ctypes.CDLL(None).cenote_malloc_tag
tag(b'parser')
kept = [bytes(3000) for _ in range(50)]
tag(None)
"""


def recording(test, script, options="profile=on:profile_rate=1"):
    """A python3 that makes a profile; each line that it is told, it runs."""
    loop = f"{script}\nprint('ready', flush=True)\nfor line in sys.stdin:\n    exec(line)\n    print('done', flush=True)"
    return Target(test, "/usr/bin/python3", "-c", loop,
                  env=environment(LD_PRELOAD=str(LIBRARY), PYTHONMALLOC="malloc", CENOTE_OPTIONS=options))


BYTES = 3000 + sys.getsizeof(b"")  # of one of them


def in_use(profile, tag):
    """The blocks of that size from below the tag. Debian's python3 has no names for its own functions: the size tells the site."""
    return sum(values["inuse_objects"] for _, values, labels in profile.samples
               if labels.get("tag") == tag and values["inuse_space"] == BYTES * values["inuse_objects"])


class Profiles(CommandTest):
    def profile_of(self, target):
        file = self.folder / "now.pb"
        done = cenote("profile", target.pid, "-o", file)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        return Profile(file)

    def test_is_exact_at_rate_one_at_any_moment(self):
        target = recording(self, TAGGED)
        profile = self.profile_of(target)
        self.assertEqual(profile.period, 1)
        self.assertEqual(in_use(profile, "parser"), 50)
        self.assertTrue(all(labels["pool"] == "malloc" for _, _, labels in profile.samples))
        self.assertEqual(target.tell("del kept[10:]"), "done\n")
        self.assertEqual(in_use(self.profile_of(target), "parser"), 10)
        self.assertEqual(target.tell("tag(b'later'); more = [bytes(3000) for _ in range(7)]; tag(None)"), "done\n")
        self.assertEqual(in_use(self.profile_of(target), "later"), 7)

    def test_the_list_names_calls_and_labels(self):
        listed = cenote("profile", recording(self, TAGGED).pid)
        self.assertEqual((listed.returncode, listed.stderr), (0, ""))
        self.assertRegex(listed.stdout, r"^in use: .* blocks; every block was looked at\n")
        site, = (part for part in listed.stdout.split("\n\n") if "in 50 blocks;" in part)
        self.assertRegex(site, r"^148 KiB in 50 blocks; allocated 148 KiB in 50 blocks, pool malloc, thread python3, tag parser\n")
        self.assertRegex(site, r"\n    _PyEval_EvalFrameDefault  \(.*python3")

    def test_code_in_every_executable_segment_has_names_and_lines(self):
        program = pathlib.Path(os.environ["CENOTE_TARGETS"]) / "cenote_target_two_segments"
        target = Target(self, program, env=environment(LD_PRELOAD=str(LIBRARY), CENOTE_OPTIONS="profile=on:profile_rate=1"))
        file = self.folder / "run.pb"
        done = cenote("run", "--profile", file, "--", program, env=environment(CENOTE_OPTIONS="profile_rate=1"))
        self.assertEqual(done.returncode, 0, done.stderr)
        for profile in (self.profile_of(target), Profile(file)):
            for name, blocks in (("_Z10grab_otherv", 2000), ("_Z4grabv", 1000)):
                self.assertEqual(profile.sum("inuse_objects", lambda stack, labels: stack[0] == name), blocks)
                self.assertTrue(profile.lines[name][0].endswith("two_segments.cpp"), profile.lines[name])

    def test_a_process_that_is_stopped_is_read(self):
        target = recording(self, TAGGED)
        target.process.send_signal(19)
        self.assertEqual(in_use(self.profile_of(target), "parser"), 50)

    def test_being_read_costs_nothing(self):
        target = recording(self, TAGGED)
        time.sleep(0.1)
        cpu = lambda: int(pathlib.Path(f"/proc/{target.pid}/schedstat").read_text().split()[0])
        before = cpu()
        for _ in range(20):
            self.profile_of(target)
        self.assertEqual(cpu(), before)

    def test_recording_alone_leaves_no_file_and_no_word(self):
        done = subprocess.run(["/usr/bin/python3", "-c", TAGGED], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              env=environment(LD_PRELOAD=str(LIBRARY), CENOTE_OPTIONS="profile=on"))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(list(self.folder.iterdir()), [])

    @unittest.skipUnless(shutil.which("go"), "Debian's golang-go is not installed")
    def test_pprof_reads_it(self):
        target = recording(self, TAGGED)
        status, kind, body, _ = Server(self, target.pid).ask_bytes(f"/api/{target.pid}/profile.pb")
        self.assertEqual((status, kind), (200, "application/octet-stream"))
        file = self.folder / "served.pb"
        file.write_bytes(body)
        self.assertEqual(in_use(Profile(file), "parser"), 50)
        top = subprocess.run(["go", "tool", "pprof", "-top", "-tagfocus=parser", "-sample_index=inuse_objects", file],
                             capture_output=True, text=True, timeout=100, env={**os.environ, "HOME": str(self.folder)})
        self.assertEqual(top.returncode, 0, top.stderr)
        self.assertRegex(top.stdout, r"Showing nodes accounting for 5\d, .* of \d+ total")


class Served(CommandTest):
    def test_the_page_gets_names_and_values(self):
        target = recording(self, TAGGED)
        profile = Server(self, target.pid).get(f"/api/{target.pid}/profile")
        self.assertIs(profile["recording"], True)
        types = [each["type"] for each in profile["types"]]
        samples = [sample for sample in profile["samples"] if ["tag", "parser"] in sample["labels"]]
        bytes_in_use, blocks = types.index("inuse_space"), types.index("inuse_objects")
        [site] = [one for one in samples if one["values"][bytes_in_use] == 50 * BYTES]
        self.assertEqual(site["values"][blocks], 50)
        self.assertIn("_PyEval_EvalFrameDefault", [profile["strings"][profile["frames"][frame][0]] for frame in site["stack"]])

    def test_without_a_profile_it_names_the_remedy(self):
        target = python(self, "")
        server = Server(self, target.pid)
        said = server.get(f"/api/{target.pid}/profile")
        self.assertIs(said["recording"], False)
        self.assertIn("CENOTE_OPTIONS=profile=on", said["remedy"])
        status, error = server.refused(f"/api/{target.pid}/profile.pb")
        self.assertEqual((status, error), (404, said["remedy"]))


class Refused(CommandTest):
    def test_a_process_that_makes_no_profile(self):
        for target in (python(self, ""), everything(self)):
            self.assert_refused(cenote("profile", target.pid), 1, f"process {target.pid}", "makes no heap profile",
                                "CENOTE_OPTIONS=profile=on")

    def test_a_switch_that_is_off(self):
        target = recording(self, "import sys", "profile=off")
        self.assert_refused(cenote("profile", target.pid), 1, "makes no heap profile")

    def test_who_is_no_process_of_cenotes(self):
        self.assert_refused(cenote("profile", 2 ** 22 + 1), 1, "there is no process")
        self.assert_refused(cenote("profile", os.getpid()), 1, "carries no cenote")

    def test_bad_words(self):
        self.assert_refused(cenote("profile"), 2, "cenote profile PID")
        self.assert_refused(cenote("profile", "python3"), 2, "'python3' is not the number of a process")
        self.assert_refused(cenote("profile", "1", "--", "ls"), 2, "cenote profile runs no program")

    def test_a_file_that_cannot_be_written(self):
        target = recording(self, "import sys")
        self.assert_refused(cenote("profile", target.pid, "-o", "/no/such/folder/now.pb"), 2, "/no/such/folder/now.pb")

    def test_a_program_that_becomes_another(self):
        target = recording(self, TAGGED + "import os")
        server = Server(self)
        self.assertIs(server.get(f"/api/{target.pid}/profile")["recording"], True)
        target.send("os.execve('/bin/sleep', ['sleep', '60'], {})")
        self.assertTrue(until(lambda: "carries no cenote" in cenote("profile", target.pid).stderr))
        time.sleep(0.6)
        self.assertEqual(server.refused(f"/api/{target.pid}/profile")[0], 403)


if __name__ == "__main__":
    unittest.main(verbosity=2)
