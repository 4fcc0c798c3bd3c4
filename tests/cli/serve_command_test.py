"""`cenote serve` end to end: what it answers, whom it refuses, and a real Prometheus."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import unittest
import urllib.parse
import urllib.request

import open_metrics
from command_line import CommandTest, cenote, until
from inspection import TARGETS, Target, everything, python, stats
from serving import Server


def busy(test, *words):
    return Target(test, TARGETS / "cenote_target_busy", *words)


class Api(CommandTest):
    def test_processes_appear_by_themselves_and_go(self):
        server = Server(self)
        target = everything(self)
        listed = lambda: target.pid in [process["pid"] for process in server.get("/api/processes")["processes"]]
        self.assertTrue(until(listed))
        target.end()
        self.assertTrue(until(lambda: not listed()))
        status, error = server.refused(f"/api/{target.pid}/snapshot")
        self.assertEqual(status, 410, error)

    def test_a_snapshot_is_what_stats_says(self):
        target = busy(self, "quiet")
        served = Server(self, target.pid).get(f"/api/{target.pid}/snapshot")
        told = stats(target.pid)
        for changing in ("unix_milliseconds", "resident_bytes", "other_bytes"):
            served.pop(changing), told.pop(changing)
        self.assertEqual(served, told)

    def test_map_and_sizes_add_up_to_the_snapshot(self):
        target = busy(self, "quiet")
        server = Server(self, target.pid)
        pools = {pool["name"]: pool for pool in server.get(f"/api/{target.pid}/snapshot")["pools"]}
        heap_map, sizes = (server.get(f"/api/{target.pid}/{what}") for what in ("map", "sizes"))
        for name in ("sessions", "parser", "images", "tokens"):
            holder = [one["name"] for one in heap_map["holders"]].index(name)
            runs = [run for extent in heap_map["extents"] for run in extent["runs"] if len(run) > 3 and run[3] == holder]
            huge = sum(block["bytes"] for block in heap_map["huge"] if block["holder"] == holder)
            self.assertEqual(sum(run[4] * run[7] for run in runs) + huge, pools[name]["live"], name)
            self.assertEqual(sum(row["live_bytes"] for row in sizes["sizes"] if row["holder"] == name), pools[name]["live"])

    def test_each_slab_is_shown_block_by_block(self):
        target = busy(self, "quiet")
        server = Server(self, target.pid)
        heap_map = server.get(f"/api/{target.pid}/map")
        slab = heap_map["whats"].index("slab")
        looked_at = 0
        for extent in heap_map["extents"][:2]:
            for run in extent["runs"]:
                if run[0] != slab:
                    continue
                address = hex(int(extent["address"], 16) + run[1] * 65536)
                shown = server.get(f"/api/{target.pid}/slab?at={address}")
                self.assertEqual(shown["address"], address)
                uses = [shown["uses"][int(digit)] for digit in shown["blocks"]]
                what, first, units, holder, size, capacity, carved, live, cached, orphan = run
                self.assertEqual((len(uses), uses.count("live")), (capacity, live), shown)
                self.assertEqual(uses.count("cached") + uses.count("remote"), cached)
                self.assertEqual(uses.count("free"), carved - live - cached)
                looked_at += 1
        self.assertGreater(looked_at, 20)

    def test_a_program_with_its_malloc_replaced_is_read(self):
        target = python(self, "kept = [bytearray(5000) for i in range(2000)]")
        sizes = Server(self, target.pid).get(f"/api/{target.pid}/sizes")["sizes"]
        self.assertGreater(sum(row["live_blocks"] for row in sizes if 5000 <= row["block_bytes"] <= 6000), 1999)

    def test_dozens_of_viewers_of_a_busy_process(self):
        target = everything(self)
        target.send("load 2")
        server = Server(self)
        with concurrent.futures.ThreadPoolExecutor(40) as viewers:
            paths = [f"/api/{target.pid}/{what}" for what in ("snapshot", "map", "sizes")] * 100
            self.assertEqual({status for status, *_ in viewers.map(server.ask, paths)}, {200})


class Refusals(CommandTest):
    def setUp(self):
        super().setUp()
        self.target = everything(self)
        self.server = Server(self, self.target.pid)

    def test_only_watched_processes_are_read(self):
        status, error = self.server.refused(f"/api/{os.getpid()}/snapshot")
        self.assertEqual(status, 403)
        self.assertIn("not watched", error)

    def test_another_hosts_name_is_refused(self):
        for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example"):
            status, error = self.server.refused("/api/processes", Host=host)
            self.assertEqual(status, 403, error)
            self.assertIn(host, error)
        self.assertEqual(self.server.ask("/", Host="localhost:1")[0], 200)

    def test_nothing_can_be_written(self):
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            self.assertEqual(self.server.refused("/api/processes", method=method)[0], 405)

    def test_no_file_is_reached(self):
        for path in ("/../../etc/passwd", "/assets/../serve_assets.cpp", "/assets/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/assets/"):
            self.assertEqual(self.server.refused(path)[0], 404, path)

    def test_the_page_loads_nothing_from_elsewhere(self):
        status, kind, page, headers = self.server.ask("/")
        self.assertEqual((status, kind), (200, "text/html; charset=utf-8"))
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertIsNone(headers["Access-Control-Allow-Origin"])
        for foreign in ('src="http', 'href="http', "@import", "//cdn"):
            self.assertNotIn(foreign, page)

    def test_it_listens_on_this_machine_only(self):
        port = self.server.address.port
        listening = [line.split()[1] for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()]
        own = {address for address in listening if address.endswith(f":{port:04X}")}
        self.assertEqual(own, {f"0100007F:{port:04X}"})

    def test_bad_words_are_refused(self):
        self.assert_refused(cenote("serve", "--port", "70000"), 2, "--port '70000'")
        self.assert_refused(cenote("serve", "python3"), 2, "'python3' is not the number of a process")
        self.assert_refused(cenote("serve", "--", "ls"), 2, "cenote serve runs no program")
        self.assert_refused(cenote("serve", "--port", "0", "999999"), 1, "there is no process 999999")
        self.assert_refused(cenote("serve", "--port", "0", os.getpid()), 1, "cenote")
        self.assert_refused(cenote("serve", "--port", self.server.address.port), 2, "it is taken; choose another with --port")
        self.assert_refused(cenote("serve", "--host", "example.invalid", "--port", "0"), 2, "--host 'example.invalid': ")
        self.assert_refused(cenote("serve", "--host", "192.0.2.1", "--port", "0"), 2,
                            "--host '192.0.2.1': not an address of this machine")

    def test_it_ends_when_asked_to(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.assertEqual(Server(self).stop(number), 0)


class Metrics(CommandTest):
    def metrics(self, server):
        status, kind, text, _ = server.ask("/metrics")
        self.assertEqual((status, kind), (200, "application/openmetrics-text; version=1.0.0; charset=utf-8"))
        return open_metrics.parse(text)

    def test_every_process_has_its_labels(self):
        targets = [everything(self), busy(self, "quiet")]
        families = self.metrics(Server(self, *(target.pid for target in targets)))
        resident = {(labels["pid"], labels["command"]): value for labels, value in families["cenote_process_resident_bytes"]}
        self.assertEqual({pid for pid, _ in resident}, {str(target.pid) for target in targets})
        self.assertGreater(min(resident.values()), 1 << 20)
        names = {labels["pool"] for labels, _ in families["cenote_live_bytes"]}
        self.assertLessEqual({"quotes \"q\" \\ ünïcode", "sessions"}, names)
        self.assertEqual({len(samples) for name, samples in families.items() if not name.startswith("cenote_process_")},
                         {len(families["cenote_live_bytes"])})

    def test_no_process_at_all_is_right_too(self):
        target = busy(self)
        server = Server(self, target.pid)
        target.end()
        time.sleep(0.6)
        self.assertEqual([name for name, samples in self.metrics(server).items() if samples], [])

    def test_the_reader_is_strict(self):
        head = "# TYPE a_bytes gauge\n# UNIT a_bytes bytes\n"
        self.assertEqual(open_metrics.parse(head + 'a_bytes{x="1\\"\\n"} 3\n# EOF\n'), {"a_bytes": [({"x": '1"\n'}, 3.0)]})
        for wrong in ("", head, head + "b 1\n# EOF\n", head + "a_bytes 1\na_bytes 1\n# EOF\n", head + 'a_bytes{x="} 1\n# EOF\n',
                      "# TYPE a counter\na 1\n# EOF\n", head + head + "# EOF\n", "# TYPE a gauge\n# UNIT a bytes\n# EOF\n"):
            with self.assertRaises(open_metrics.Wrong, msg=wrong):
                open_metrics.parse(wrong)

    @unittest.skipUnless(shutil.which("prometheus"), "prometheus is not installed; make test-tools unpacks it")
    def test_a_real_prometheus_scrapes_it(self):
        target = busy(self, "quiet")
        server = Server(self, target.pid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = self.folder / "prometheus.yml"
        config.write_text("scrape_configs:\n- job_name: cenote\n  scrape_interval: 1s\n  scrape_timeout: 1s\n"
                          f"  static_configs:\n  - targets: ['{server.address.netloc}']\n")
        log = open(self.folder / "log", "w")
        self.addCleanup(log.close)
        prometheus = subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.folder}/data",
                                       f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        self.addCleanup(prometheus.wait)
        self.addCleanup(prometheus.kill)

        def query(expression):
            words = urllib.parse.urlencode({"query": expression})
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{words}", timeout=5) as answer:
                    return json.load(answer)["data"]["result"]
            except OSError:
                return []

        live = f'cenote_live_bytes{{pid="{target.pid}",pool="sessions"}}'
        self.assertTrue(until(lambda: query(live), 30), (self.folder / "log").read_text())
        [series] = query(live)
        pools = server.get(f"/api/{target.pid}/snapshot")["pools"]
        self.assertEqual(int(series["value"][1]), next(pool["live"] for pool in pools if pool["name"] == "sessions"))
        self.assertEqual(query("up{job='cenote'}")[0]["value"][1], "1")
        self.assertTrue(query(f'cenote_allocations_total{{pid="{target.pid}",pool="orders"}}'))


if __name__ == "__main__":
    unittest.main(verbosity=2)
