"""Runs one program once under one allocator, and says what it used."""

import dataclasses
import hashlib
import os
import signal
import subprocess
import tempfile

TIMEOUT_S = 120


class Failure(Exception):
    """The program died, hung, or ran without the library it was meant to run with."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """CPU time includes the kernel's and that of all children; the peak is that of the largest process."""

    cpu_s: float
    wall_s: float
    peak_rss_bytes: int
    page_faults: int
    checksum: str  # equal under every allocator
    figures: dict  # what the program says of itself, name -> number


def run(launcher, command, library, cwd=None, env=None, stdin=subprocess.DEVNULL):
    """Runs `command` with `library` preloaded ("-" for none). Raises Failure."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as report:
        child = subprocess.Popen(
            [str(launcher), str(report.fileno()), library, *map(str, command)],
            stdin=stdin, stdout=output, stderr=errors, pass_fds=[report.fileno()], cwd=cwd,
            env={**os.environ, **(env or {})}, start_new_session=True)
        try:
            child.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise Failure(f"hung for {TIMEOUT_S} s") from None
        return _sample(_all_of(output), _all_of(errors).decode(errors="replace"), _all_of(report).split())


def _all_of(file):
    file.seek(0)
    return file.read()


def _sample(output, errors, report):
    if not report:
        raise Failure(errors.strip() or "nothing was measured")
    status, user_us, system_us, wall_us, peak_kib, minor, major = map(int, report)
    if os.WIFSIGNALED(status):
        raise Failure(f"died by {signal.Signals(os.WTERMSIG(status)).name}")
    if os.WEXITSTATUS(status) != 0:
        raise Failure(f"exit status {os.WEXITSTATUS(status)}: {errors.strip()[-200:]}")
    if "cannot be preloaded" in errors:
        raise Failure("its library could not be preloaded")
    checksum, figures = _said(output)
    return Sample((user_us + system_us) / 1e6, wall_us / 1e6, peak_kib * 1024, minor + major, checksum, figures)


def _said(output):
    """The checksum and the figures among lines of `name value`; of a program that is not ours, its output's digest."""
    said = dict(line.split(" ", 1) for line in output.decode(errors="replace").splitlines() if line.count(" ") == 1)
    if "checksum" not in said:
        return hashlib.sha256(output).hexdigest(), {}
    return said.pop("checksum"), {name: int(value) for name, value in said.items()}
