"""Starts programs to look at, and looks at them with `cenote stats`."""

import json
import os
import pathlib
import subprocess

from command_line import CENOTE, cenote, environment

TARGETS = pathlib.Path(os.environ.get("CENOTE_TARGETS", pathlib.Path(CENOTE).parents[1] / "tests"))
LIBRARY = pathlib.Path(CENOTE).resolve().parents[1] / "lib/libcenote-malloc.so"

SUMS = {"live_bytes": ("live", "internal_fragmentation"), "cached_bytes": ("thread_caches",),
        "free_bytes": ("partial_slabs", "empty_slabs", "orphans", "untouched"),
        "committed_bytes": ("live_bytes", "cached_bytes", "free_bytes")}


class Target:
    """A running program, which says `ready` on stdout once it is."""

    def __init__(self, test, *words, **options):
        self.process = subprocess.Popen([*map(str, words)], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        **options)
        test.addCleanup(self.end)
        first = self.process.stdout.readline()
        test.assertEqual(first, "ready\n")

    @property
    def pid(self):
        return self.process.pid

    def tell(self, words):
        """Sends a line; its answer is a line too."""
        self.send(words)
        return self.process.stdout.readline()

    def send(self, words):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def everything(test, kind="", **options):
    """The program that has one of each: linked as usual, or `_static`, `_fixed_address`."""
    return Target(test, TARGETS / f"cenote_target_everything{kind}", **options)


def python(test, script, **changes):
    """A python3 that has its malloc replaced, in an environment with these changes."""
    return Target(test, "/usr/bin/python3", "-c", f"{script}\nprint('ready', flush=True)\ninput()",
                  env=environment(LD_PRELOAD=str(LIBRARY), PYTHONMALLOC="malloc", **changes))


def stats(pid):
    """What `cenote stats --json` says."""
    done = cenote("stats", "--json", pid)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def cpu_nanoseconds(pid):
    """CPU time that a process's threads have had, to the nanosecond."""
    return sum(int(path.read_text().split()[0]) for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"))


def is_off_the_processor(pid):
    """Whether it waits: it says that it sleeps before it has left the processor, where others may keep it from leaving."""
    return pathlib.Path(f"/proc/{pid}/wchan").read_text() not in ("0", "")


def pool(snapshot, name):
    """The only pool of that name."""
    found, = (each for each in snapshot["pools"] if each["name"] == name)
    return found


def check_sums(test, snapshot):
    """Each account adds up, and the process is the sum of the pools."""
    for account in (snapshot["process"], *snapshot["pools"]):
        for total, parts in SUMS.items():
            test.assertEqual(account[total], sum(account[part] for part in parts), account)
    own = [each for each in snapshot["pools"] if not each["borrows"]]
    for figure, value in snapshot["process"].items():
        if isinstance(value, int) and not isinstance(value, bool):
            test.assertEqual(value, sum(each[figure] for each in own), figure)
    test.assertLessEqual(snapshot["process"]["committed_bytes"], snapshot["process"]["reserved"])
