"""`cenote top` in a terminal, which is a pseudo-terminal here."""

import fcntl
import os
import pty
import re
import resource
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from command_line import CENOTE, CommandTest, cenote, environment
from inspection import everything

RESTORED = b"\x1b[?1049l"  # back to the screen that was there before


class Session:
    """`cenote top` on a terminal of its own."""

    def __init__(self, test, *words, lines=40, columns=120, **variables):
        self.said = b""
        self.master, slave = pty.openpty()
        self.resize(lines, columns)
        self.modes = termios.tcgetattr(slave)
        self.slave = slave
        self.process = subprocess.Popen(
            [CENOTE, "top", *map(str, words)], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env=environment(**{"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **variables}))
        test.addCleanup(self.end)

    def resize(self, lines, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            self.said += os.read(self.master, 1 << 16)

    def until(self, *parts, seconds=10, keep=False):
        """Waits until all `parts` have been said since it was last asked; whether they were."""
        end = time.monotonic() + seconds
        while not all(part.encode() in self.text() for part in parts):
            if time.monotonic() > end:
                return False
            self.read(0.05)
        self.said = self.said if keep else b""
        return True

    def text(self):
        return re.sub(rb"\x1b(\[[0-9;?]*[A-Za-z]|\(B)", b"", self.said)

    def press(self, keys):
        os.write(self.master, keys.encode())

    def exit_status(self):
        """Of the program, which is about to end."""
        end = time.monotonic() + 10
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.02)
        self.read(0.1)
        return self.process.poll()

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


class Terminal(CommandTest):
    def assert_left_cleanly(self, session, status=0):
        self.assertEqual(session.exit_status(), status, session.text())
        self.assertIn(RESTORED, session.said)
        self.assertEqual(termios.tcgetattr(session.slave), session.modes)

    def test_a_process_is_shown_until_q(self):
        session = Session(self, everything(self).pid)
        self.assertTrue(session.until("cenote_target_e", "orders", "thread cached", "L", "partial slabs", "q quit"))
        session.press("q")
        self.assert_left_cleanly(session)

    def test_keys_change_what_is_shown(self):
        session = Session(self, everything(self).pid)
        self.assertTrue(session.until("vlive"))
        session.press("<")
        self.assertTrue(session.until("vname"))
        session.press("r")
        self.assertTrue(session.until("^"))  # curses sends what has changed
        session.press("\x1bOC")  # the right arrow
        self.assertTrue(session.until("^live"))
        session.press(" ")
        self.assertTrue(session.until("paused"))

    def test_a_process_is_chosen_from_the_list(self):
        target = everything(self)
        session = Session(self, lines=60)
        self.assertTrue(session.until("processes of yours carry cenote", str(target.pid), keep=True), session.text())
        shown = [int(number) for number in re.findall(rb"(\d+) +[\d.]+ \w+ +[\d.]+ \w+ ", session.text())]
        session.press("\x1bOB" * shown.index(target.pid) + "\r")
        self.assertTrue(session.until(f"({target.pid})", "orders"), session.text())
        session.press("b")
        self.assertTrue(session.until("carry cenote"))

    def test_another_size_is_used(self):
        session = Session(self, everything(self).pid, lines=14, columns=50)
        self.assertTrue(session.until("q"))
        session.resize(50, 160)
        self.assertTrue(session.until("failures", "manager"), session.text())

    def test_figures_go_on(self):
        target = everything(self)
        session = Session(self, target.pid, "--interval", "0.1")
        self.assertTrue(session.until("orders"))
        target.tell("load 2")
        self.assertTrue(session.until("+"))

    def test_the_end_of_the_process_is_told(self):
        target = everything(self)
        session = Session(self, target.pid, "--interval", "0.1")
        self.assertTrue(session.until("orders"))
        target.process.kill()
        self.assertTrue(session.until("has ended; these are its last figures"), session.text())
        session.press("q")
        self.assert_left_cleanly(session)

    def test_it_ends_when_it_is_asked_to(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            session = Session(self, everything(self).pid)
            self.assertTrue(session.until("orders"))
            session.process.send_signal(number)
            self.assert_left_cleanly(session)

    def test_control_c(self):
        session = Session(self, everything(self).pid)
        self.assertTrue(session.until("orders"))
        session.press("\x03")
        self.assert_left_cleanly(session)

    def test_terminals_without_colours_and_without_utf8(self):
        session = Session(self, everything(self).pid, TERM="vt100", LC_ALL="C")
        self.assertTrue(session.until("orders", "quotes \"q\" \\ ?n?code"), session.text())
        self.assertTrue(all(byte < 128 for byte in session.said))
        session.press("q")
        self.assertEqual(session.exit_status(), 0)

    def test_its_own_cost(self):
        """CPU time of `cenote top` on an idle process with a dozen pools, at its usual pace."""
        session = Session(self, everything(self).pid)
        self.assertTrue(session.until("orders"))
        end = time.monotonic() + 5
        while time.monotonic() < end:
            session.read(0.1)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        session.press("q")
        self.assertEqual(session.exit_status(), 0)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"cenote top: {1000 * spent:.0f} ms of CPU time in 5 s, its start included")
        self.assertLess(spent, 0.5)


class WithoutTerminal(CommandTest):
    def test_pipes_are_refused(self):
        self.assert_refused(cenote("top", everything(self).pid), 2, "needs a terminal", "cenote stats PID")

    def test_dumb_terminals_are_refused(self):
        for kind in ("dumb", "no-such-terminal", ""):
            session = Session(self, everything(self).pid, TERM=kind)
            self.assertEqual(session.exit_status(), 2)
            self.assertIn(b"`cenote stats PID` prints the same once", session.said)
            self.assertIn(f"TERM is '{kind}'".encode(), session.said)

    def test_a_process_that_is_not_there_is_told_on_the_plain_screen(self):
        session = Session(self, 2 ** 22 + 1)
        self.assertEqual(session.exit_status(), 1)
        self.assertIn(b"there is no process", session.said)
        self.assertNotIn(b"\x1b", session.said)

    def test_bad_words(self):
        self.assert_refused(cenote("top", "--interval", "0"), 2, "--interval '0'", "0.1 to 60")
        self.assert_refused(cenote("top", "x"), 2, "'x' is not the number of a process")


if __name__ == "__main__":
    unittest.main()
