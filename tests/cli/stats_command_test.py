"""`cenote stats` end to end, on programs that run meanwhile."""

import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from command_line import CENOTE, CommandTest, cenote, environment, until
from inspection import (LIBRARY, TARGETS, Target, check_sums, cpu_nanoseconds, everything, is_off_the_processor, pool, python,
                        stats)


def state_of(pid):
    """What it does: `S` sleeps, `T` is stopped."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0]


class Quiet(CommandTest):
    """A program that waits is seen exactly as it sees itself."""

    def assert_seen_as_it_sees_itself(self, target):
        told, seen = json.loads(target.tell("snapshot")), stats(target.pid)
        for changes in ("unix_milliseconds", "resident_bytes", "other_bytes"):
            del told[changes], seen[changes]
        self.assertEqual(told, seen)
        check_sums(self, seen)

    def test_one_of_each(self):
        self.assert_seen_as_it_sees_itself(everything(self))

    def test_a_stripped_static_program(self):
        self.assert_seen_as_it_sees_itself(everything(self, "_static"))

    def test_a_program_at_a_fixed_address(self):
        self.assert_seen_as_it_sees_itself(everything(self, "_fixed_address"))

    def test_what_is_held_is_known(self):
        now = stats(everything(self).pid)
        for name in ("single", "locked", "lock free", "thread cached"):
            self.assertEqual((pool(now, name)["blocks_in_use"], pool(now, name)["blocks_capacity"]), (299, 1000))
            self.assertEqual(pool(now, name)["live"], 29_900)
        self.assertEqual((pool(now, "orders")["blocks_in_use"], pool(now, "orders")["live"]), (1000, 1_024_000))
        self.assertEqual(pool(now, "orders")["limit"], 64 << 20)
        self.assertGreaterEqual(pool(now, 'quotes "q" \\ ünïcode')["live_bytes"], 3_000_000)
        self.assertEqual(pool(now, "arena")["live"], 5000)
        self.assertEqual(pool(now, "buddies")["live"], 4096)
        self.assertEqual(pool(now, "slabs")["live"], 4096)
        self.assertEqual(pool(now, "manager")["live"], 1000)

    def test_output_is_utf8_and_prints_safely_whatever_the_names_are(self):
        names = [b"\xc3\xbc" * 40, b"\xff", b"a\nroot 0 B\x1b]0;owned\x07\x1b[31m\xc2\x9b\xe2\x80\xae", b'"\\\n']
        target = Target(self, TARGETS / "cenote_target_named", *map(os.fsdecode, names))

        def output(*words):
            return subprocess.run([CENOTE, "stats", *words, str(target.pid)], stdout=subprocess.PIPE, check=True).stdout

        seen = [each["name"] for each in json.loads(output("--json"))["pools"]]
        for name in ("\u00fc" * 31, "\ufffd", names[2].decode(), '"\\\n'):
            self.assertIn(name, seen)
        metrics = output("--openmetrics").decode()
        self.assertIn('pool="\ufffd"', metrics)
        self.assertIn('pool="\\"\\\\\\n"', metrics)
        table = output()
        self.assertIn(rb"a\nroot 0 B\x1b]0;owned\x07\x1b[31m\u009b\u202e ", table)
        self.assertIn(rb"\xff ", table)
        self.assertFalse([byte for byte in table if byte < 32 and byte != 10], table)

    def test_slabs_without_a_heap(self):
        now = stats(Target(self, TARGETS / "cenote_target_slabs_alone").pid)
        self.assertEqual(pool(now, "slabs alone")["live"], 10 * 1024)
        self.assertGreater(pool(now, "page heap")["empty_slabs"] + pool(now, "page heap")["untouched"], 0)
        check_sums(self, now)

    def test_a_plugin(self):
        now = stats(Target(self, TARGETS / "cenote_target_host").pid)
        self.assertEqual(pool(now, "in the plugin")["live"], 1024)
        check_sums(self, now)

    def test_a_program_whose_file_is_gone(self):
        copy = self.folder / "copy"
        copy.write_bytes((TARGETS / "cenote_target_everything_static").read_bytes())
        copy.chmod(0o755)
        target = Target(self, copy)
        copy.unlink()
        self.assert_seen_as_it_sees_itself(target)

    def test_all_modules_that_carry_cenote_are_shown(self):
        target = everything(self, env=environment(LD_PRELOAD=str(LIBRARY)))
        now = stats(target.pid)
        check_sums(self, now)
        for module in ("libcenote-malloc.so", "cenote_target_everything"):
            self.assertEqual(pool(now, f"page heap in {module}")["kind"], "page_heap")
        self.assertGreater(pool(now, "malloc in libcenote-malloc.so")["live"], 0)
        self.assertEqual(pool(now, "malloc in cenote_target_everything")["live"], 0)
        self.assertEqual(pool(now, "orders")["live"], 1_024_000)


class Preloaded(CommandTest):
    """Programs from Debian that have their malloc replaced."""

    def test_python_is_accounted_for(self):
        target = python(self, "held = [bytes(1000) for _ in range(20_000)]")
        now = stats(target.pid)
        check_sums(self, now)
        self.assertGreater(pool(now, "malloc")["blocks_in_use"], 20_000)
        self.assertGreater(pool(now, "malloc")["live"], 20_000 * 1024)
        self.assertLess(pool(now, "malloc")["live"], 20_000 * 1088 + (16 << 20))

    def test_what_is_resident_is_explained(self):
        target = python(self, "import random; random.seed(1)\n"
                              "held = [b'x' * random.randrange(5000) for _ in range(60_000)]\n"
                              "del held[::3]")
        now, smaps = stats(target.pid), pathlib.Path(f"/proc/{target.pid}/smaps").read_text()
        ours = foreign = 0
        for mapping in smaps.split("VmFlags:"):
            resident = sum(int(line.split()[1]) << 10 for line in mapping.splitlines() if line.startswith("Rss:"))
            lines = mapping.splitlines()[-30:]
            head = next((line for line in lines if "-" in line.split(" ")[0] and not line.startswith("Vm")), "")
            is_ours = len(head.split()) == 5 and "rw-p" in head
            ours, foreign = (ours + resident, foreign) if is_ours else (ours, foreign + resident)
        self.assertAlmostEqual(now["resident_bytes"] / (ours + foreign), 1, delta=0.05)
        explained = now["resident_bytes"] - now["other_bytes"]
        self.assertGreater(ours, 80 << 20)
        self.assertAlmostEqual(explained / ours, 1, delta=0.05)

    def test_internal_fragmentation_is_unknown_without_a_profile_and_estimated_with_one(self):
        script = "held = [bytes(1400) for _ in range(40_000)]"  # 1,433 bytes asked for
        without = pool(stats(python(self, script).pid), "malloc")
        self.assertEqual(without["fragmentation_unknown"], without["live"])
        profile = f"profile={self.folder}/heap.pb:profile_rate=65536"
        target = python(self, script, CENOTE_OPTIONS=profile)
        now = stats(target.pid)
        check_sums(self, now)
        malloc = pool(now, "malloc")
        self.assertEqual(malloc["fragmentation_unknown"], 0)
        self.assertGreater(malloc["fragmentation_samples"], 500)
        self.assertAlmostEqual(malloc["internal_fragmentation"] / malloc["live_bytes"], 1 - 1433 / 1536, delta=0.02)
        self.assertIn("asked for, estimated from samples", cenote("stats", target.pid).stdout)

    def test_cenote_run_prepares_a_program(self):
        started = subprocess.Popen([CENOTE, "run", "--", "sleep", "30.125"], stderr=subprocess.DEVNULL)
        self.addCleanup(started.wait)
        self.addCleanup(started.send_signal, signal.SIGTERM)
        children = pathlib.Path(f"/proc/{started.pid}/task/{started.pid}/children")

        def is_seen():
            return any(b"30.125" in pathlib.Path(f"/proc/{child}/cmdline").read_bytes() and
                       cenote("stats", child).returncode == 0 for child in children.read_text().split())
        self.assertTrue(until(is_seen))


class Busy(CommandTest):
    def test_every_look_at_a_busy_program_adds_up(self):
        target = everything(self)
        self.assertEqual(target.tell("load 4"), "loaded\n")
        for _ in range(100):
            now = stats(target.pid)
            check_sums(self, now)
            orders = pool(now, "orders")
            self.assertGreaterEqual(orders["live_bytes"] + orders["cached_bytes"], 1_024_000)
            self.assertLessEqual(pool(now, "thread cached")["blocks_in_use"], 1000)
            self.assertEqual(pool(now, "single")["blocks_in_use"], 299)

    def test_a_stopped_program(self):
        target = everything(self)
        target.process.send_signal(signal.SIGSTOP)
        self.assertEqual(pool(stats(target.pid), "locked")["blocks_in_use"], 299)
        self.assertEqual(state_of(target.pid), "T")

    def test_many_at_once(self):
        targets = [everything(self) for _ in range(32)]
        for target in targets:
            self.assertEqual(stats(target.pid)["process_id"], target.pid)

    def test_being_looked_at_costs_nothing(self):
        target = everything(self)
        self.assertTrue(until(lambda: is_off_the_processor(target.pid)))
        before = cpu_nanoseconds(target.pid)
        for _ in range(100):
            stats(target.pid)
        self.assertEqual(cpu_nanoseconds(target.pid), before)


class Ends(CommandTest):
    def test_a_program_that_ends_while_it_is_looked_at(self):
        for delay in range(20):
            target = everything(self)
            target.tell("load 2")
            looking = subprocess.Popen([CENOTE, "stats", str(target.pid)], text=True, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
            time.sleep(delay / 4000)
            target.process.kill()
            said, complaint = looking.communicate(timeout=20)
            if looking.returncode != 0:
                self.assertEqual((looking.returncode, said, complaint.count("\n")), (1, "", 1))
                self.assertRegex(complaint, "has ended|carries no cenote")

    def test_a_zombie(self):
        target = everything(self)
        target.process.kill()
        os.waitid(os.P_PID, target.pid, os.WEXITED | os.WNOWAIT)
        self.assert_refused(cenote("stats", target.pid), 1, f"process {target.pid} (cenote_target_e)", "has ended")

    def test_a_program_that_becomes_another(self):
        target = everything(self)
        stats(target.pid)
        target.send("exec /bin/sleep")
        self.assertTrue(until(lambda: cenote("stats", target.pid).returncode == 1))
        self.assert_refused(cenote("stats", target.pid), 1, "(sleep) carries no cenote")


class Refused(CommandTest):
    def test_no_such_process(self):
        self.assert_refused(cenote("stats", 2 ** 22 + 1), 1, f"there is no process {2 ** 22 + 1}", "pgrep")

    def test_a_process_without_cenote(self):
        sleeper = subprocess.Popen(["sleep", "60"])
        self.addCleanup(sleeper.wait)
        self.addCleanup(sleeper.kill)
        until(lambda: pathlib.Path(f"/proc/{sleeper.pid}/comm").read_text() == "sleep\n")
        self.assert_refused(cenote("stats", sleeper.pid), 1, "(sleep) carries no cenote", "cenote run -- CMD",
                            "LD_PRELOAD")

    def test_another_version(self):
        target = Target(self, TARGETS / "cenote_target_other_layout")
        self.assert_refused(cenote("stats", target.pid), 1, "carries another version or build of cenote",
                            "cenote_target_other_layout")

    def test_another_version_beside_this_one(self):
        target = Target(self, TARGETS / "cenote_target_other_layout", env=environment(LD_PRELOAD=str(LIBRARY)))
        done = cenote("stats", target.pid)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"(?m)^malloc +heap")
        self.assertRegex(done.stderr, r"^cenote: note: \S+cenote_target_other_layout carries another build")

    @unittest.skipIf(os.geteuid() != 0, "only root can become another user")
    def test_another_users_process(self):
        target = everything(self)
        done = cenote("stats", target.pid, user=65534, group=65534, extra_groups=[])
        self.assert_refused(done, 1, "belongs to the user root", "only that user and root")

    @unittest.skipIf(os.geteuid() != 0, "only root can become another user")
    def test_root_may_look_at_all(self):
        target = everything(self, user=65534, group=65534, extra_groups=[])
        self.assertEqual(pool(stats(target.pid), "locked")["blocks_in_use"], 299)

    def test_bad_words(self):
        self.assert_refused(cenote("stats"), 2, "no process", "pgrep")
        self.assert_refused(cenote("stats", "python3"), 2, "'python3' is not the number of a process")
        self.assert_refused(cenote("stats", "--json", "--openmetrics", "1"), 2, "excludes")


class Renderings(CommandTest):
    def test_a_table_and_openmetrics(self):
        target = everything(self)
        table = cenote("stats", target.pid)
        self.assertEqual((table.returncode, table.stderr), (0, ""))
        self.assertRegex(table.stdout, r"(?m)^orders +heap +1000 KiB")
        self.assertIn("are resident:", table.stdout)
        metrics = cenote("stats", target.pid, "--openmetrics").stdout
        self.assertIn('cenote_live_bytes{kind="heap",pool="orders"', metrics)
        self.assertTrue(metrics.endswith("# EOF\n"))

    def test_stdout_that_is_full_is_an_error(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([CENOTE, "stats", str(everything(self).pid)], stdout=full, timeout=20)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
