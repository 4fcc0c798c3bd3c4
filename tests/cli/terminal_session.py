"""Runs `cenote top` in a terminal, which is a pseudo-terminal here."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

from command_line import CENOTE, environment


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
