"""`cenote top` in a terminal, which is a pseudo-terminal here."""

import re
import resource
import signal
import termios
import time
import unittest

from command_line import CommandTest, cenote, until
from inspection import cpu_nanoseconds, everything, is_off_the_processor
from terminal_session import Session

RESTORED = b"\x1b[?1049l"  # back to the screen that was there before


def cpu_of_children():
    """Seconds, of those that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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

    def test_its_cost_is_its_own(self):
        """Five seconds of `cenote top` take less CPU time than five times `cenote stats`; the target takes none."""
        target = everything(self)
        self.assertTrue(until(lambda: is_off_the_processor(target.pid)))
        targets_own = cpu_nanoseconds(target.pid)
        session = Session(self, target.pid)
        self.assertTrue(session.until("orders"))
        end = time.monotonic() + 5
        while time.monotonic() < end:
            session.read(0.1)
        before = cpu_of_children()
        session.press("q")
        self.assertEqual(session.exit_status(), 0)
        spent = cpu_of_children() - before
        before = cpu_of_children()
        for _ in range(5):
            self.assertEqual(cenote("stats", target.pid).returncode, 0)
        asked = cpu_of_children() - before
        print(f"CPU time: {1000 * spent:.0f} ms by 5 s of cenote top, {1000 * asked:.0f} ms by 5 runs of cenote stats")
        self.assertLess(spent, asked)
        self.assertEqual(cpu_nanoseconds(target.pid), targets_own)


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
    unittest.main(verbosity=2)
