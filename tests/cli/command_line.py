"""Calls the program `cenote`, which CENOTE_PROGRAM names, as a user does."""

import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

CENOTE = os.environ.get("CENOTE_PROGRAM") or str(
    pathlib.Path(__file__).resolve().parents[2] / "build/release/bin/cenote")


def cenote(*words, **options):
    """Runs cenote to its end; its output as text."""
    return subprocess.run([CENOTE, *map(str, words)], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=options.pop("stdin", subprocess.DEVNULL), timeout=120, **options)


def environment(**changes):
    return {**os.environ, **changes}


def processes_with(word):
    """The ids of the processes that have `word` among their arguments."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:
            pass
    return found


def until(condition, seconds=10):
    """Waits for the condition; whether it came true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class CommandTest(unittest.TestCase):
    """A folder for each test, and checks of what the program says."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def assert_refused(self, done, status, *parts):
        """It ended with `status` and one line on stderr that has all `parts`, and said nothing on stdout."""
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for part in ("cenote: ", *parts):
            self.assertIn(part, done.stderr)

    def assert_self_contained(self, page):
        """The page loads nothing from elsewhere."""
        for foreign in ("http:", "https:", "src=", "<link", "@import", "url(", "<script"):
            self.assertNotIn(foreign, page)
        self.assertIn("</html>", page)

    def interrupt(self, words, number=signal.SIGINT):
        """Starts cenote on a program with a child, asks it to stop; its exit status. Nothing may be left running."""
        mark = f"31{os.getpid()}.5"  # seconds to sleep that no one else does
        started = subprocess.Popen([CENOTE, *words, "--", "sh", "-c", f"sleep {mark} & sleep {mark}; exit 9"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.assertTrue(until(lambda: len(processes_with(mark)) == 2), "the program did not start")
        started.send_signal(number)
        started.communicate(timeout=20)
        self.assertEqual(processes_with(mark), [])
        return started.returncode
