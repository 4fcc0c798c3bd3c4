"""Programs from Debian, as they are installed, with everything that `cenote` has to say of them: real_programs_test.py [python3|g++|nginx]...

Without names all of them. nginx is built against the C library's malloc; its master starts workers, which become another user when the
master is root.
"""

import http.client
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

import open_metrics
from command_line import CENOTE, CommandTest, cenote, environment, until
from inspection import check_sums, is_off_the_processor, pool, stats
from serving import Server
from terminal_session import Session

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


def descendants(pid):
    found = []
    for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            found += [child, *descendants(child)]
    return found


def is_a(pid, word):
    try:
        return word.encode() in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


class RealProgram:
    """What is the same for each: `live` starts one that waits and is asked questions, `work` one that ends by itself."""

    shown = ""     # a word of the command line of the process to look at
    held = 0       # bytes that it holds at least
    function = ""  # in its profile

    def start(self, *words, **changes):
        """Under `cenote run`; the process to look at."""
        started = subprocess.Popen([CENOTE, "run", *map(str, words), "--", *map(str, self.command())], stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                   env=environment(PYTHONMALLOC="malloc", **changes))
        self.addCleanup(self.end, started)
        self.busy(started)
        found = []

        def is_there():
            found[:] = [pid for pid in descendants(started.pid) if is_a(pid, self.shown) and
                        cenote("stats", pid).returncode == 0 and stats(pid)["process"]["live_bytes"] >= self.held]
            return found
        self.assertTrue(until(is_there, 30), self.shown)
        self.assertTrue(until(lambda: is_off_the_processor(found[0])))
        return started, found[0]

    def busy(self, started):
        """Gives it something to do."""

    def finish(self, started):
        """Lets it come to its end; what it said on stderr."""
        return started.communicate("", timeout=60)[1]

    def end(self, started):
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
            started.communicate(timeout=20)

    def test_stats_in_all_three_renderings(self):
        _, pid = self.start()
        table = cenote("stats", pid)
        self.assertEqual((table.returncode, table.stderr), (0, ""))
        self.assertRegex(table.stdout, r"(?m)^malloc +heap +[\d.]+ [KMG]iB")
        snapshot = stats(pid)
        check_sums(self, snapshot)
        self.assertGreater(pool(snapshot, "malloc")["blocks_in_use"], 100)
        families = open_metrics.parse(cenote("stats", "--openmetrics", pid).stdout)
        self.assertIn("cenote_live_bytes", families)

    def test_why_so_much_is_resident(self):
        _, pid = self.start()
        snapshot = stats(pid)
        resident = sum(int(line.split()[1]) << 10 for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines()
                       if line.startswith("Rss:"))
        self.assertAlmostEqual(snapshot["resident_bytes"] / resident, 1, delta=0.05)
        self.assertRegex(cenote("stats", pid).stdout, r"(?s)Why .* are resident:.*live: .*unknown  internal fragmentation.*other: ")

    def test_top(self):
        _, pid = self.start()
        session = Session(self, pid)
        self.assertTrue(session.until(f"({pid})", "malloc", "thread caches", "q quit"), session.text())
        session.press("q")
        self.assertEqual(session.exit_status(), 0)

    def test_serve(self):
        _, pid = self.start()
        server = Server(self, pid)
        check_sums(self, server.get(f"/api/{pid}/snapshot"))
        self.assertIn("malloc", [holder["name"] for holder in server.get(f"/api/{pid}/map")["holders"]])
        self.assertGreater(len(server.get(f"/api/{pid}/sizes")["sizes"]), 5)
        self.assertIn(f'pid="{pid}"', server.ask("/metrics")[2])

    def test_a_report(self):
        folder = self.folder / "report"
        started, _ = self.start("--report", folder)
        time.sleep(0.3)
        self.finish(started)
        self.assertEqual(started.returncode, 0)
        page, = folder.glob("*.html")
        self.assert_self_contained(page.read_text())
        self.assertIn("Why it was resident", page.read_text())

    @unittest.skipUnless(shutil.which("go"), "Debian's golang-go is not installed")
    def test_a_profile_that_pprof_reads(self):
        file = self.folder / "heap.pb"
        started, _ = self.start("--profile", file, CENOTE_OPTIONS="profile_rate=65536")
        self.finish(started)
        self.assertEqual(started.returncode, 0)
        tops = [subprocess.run(["go", "tool", "pprof", "-top", "-sample_index=alloc_space", each], capture_output=True, text=True,
                               timeout=100, env={**os.environ, "HOME": str(self.folder)}) for each in self.folder.glob("heap.pb*")]
        self.assertTrue(tops and all(top.returncode == 0 for top in tops), [top.stderr for top in tops])
        self.assertTrue(any(self.function in top.stdout for top in tops), [top.stdout for top in tops])

    def test_a_list_of_what_was_not_freed(self):
        started, _ = self.start(CENOTE_OPTIONS="leaks=on:profile_rate=65536")
        said = self.finish(started)
        self.assertEqual(started.returncode, 0, said)
        self.assertRegex(said, r"cenote: not freed: (\d+ bytes in \d+ blocks? from \d+ places?; estimated from samples|nothing that was sampled)")


class Python3(RealProgram, CommandTest):
    shown, held, function = "sys.stdin.read", 20 << 20, "PyObject"

    def command(self):
        return ["/usr/bin/python3", "-c", "import sys; held = {i: str(i) * 20 for i in range(200_000)}; sys.stdin.read()"]


@unittest.skipUnless(shutil.which("g++"), "g++ is not installed")
class Gxx(RealProgram, CommandTest):
    """The compiler's process is its grandchild, and waits for the rest of its source."""

    shown, held, function = "cc1plus", 1 << 16, "_cpp_"

    def command(self):
        return ["g++", "-std=c++20", "-x", "c++", "-c", "-", "-o", self.folder / "out.o"]

    def finish(self, started):
        source = "#include <map>\n#include <string>\nint main() { return std::map<std::string, int>{{\"a\", 1}}.size() - 1; }\n"
        return started.communicate(source, timeout=100)[1]


@unittest.skipUnless(NGINX, "nginx is not installed; make test-tools unpacks it")
class Nginx(RealProgram, CommandTest):
    """The worker, with a pool of threads: it has another user than its master, when that is root."""

    shown, held, function = "nginx: worker", 1 << 16, "ngx_"

    def command(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        os.chmod(self.folder, 0o777)  # for the worker's files
        (self.folder / "page").write_text("x" * 300_000)
        user = "user www-data;" if os.geteuid() == 0 else ""
        # An unpacked nginx has no folders of its own.
        folders = "".join(f"{name}_temp_path {self.folder}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(f"""
            {user} daemon off; worker_processes 2; pid {self.folder}/pid; error_log {self.folder}/errors;
            thread_pool readers threads=4;
            events {{ worker_connections 64; }}
            http {{ access_log off; {folders} server {{ listen 127.0.0.1:{self.port}; root {self.folder}; aio threads=readers; sendfile off; }} }}
        """)
        return [NGINX, "-p", self.folder, "-c", self.folder / "nginx.conf"]

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/page")
            return connection.getresponse().read()
        except OSError:
            return b""
        finally:
            connection.close()

    def busy(self, started):
        self.assertTrue(until(lambda: len(self.ask()) == 300_000, 20), "nginx does not answer")
        for _ in range(200):
            self.ask()

    def finish(self, started):
        """It has put the file of errors in the place of stderr."""
        os.kill(int((self.folder / "pid").read_text()), signal.SIGQUIT)
        return started.communicate(timeout=60)[1] + (self.folder / "errors").read_text()

    @unittest.skipIf(os.geteuid() != 0, "only root's workers become another user")
    def test_workers_of_another_user(self):
        started, worker = self.start()
        self.assertIn(f"Uid:\t{pwd.getpwnam('www-data').pw_uid}", pathlib.Path(f"/proc/{worker}/status").read_text())
        master = [pid for pid in descendants(started.pid) if is_a(pid, "nginx: master")][0]
        for pid in (master, worker):
            check_sums(self, stats(pid))


if __name__ == "__main__":
    names = {"python3": "Python3", "g++": "Gxx", "nginx": "Nginx"}
    unittest.main(argv=[sys.argv[0], *(names[word] for word in sys.argv[1:])], verbosity=2)
