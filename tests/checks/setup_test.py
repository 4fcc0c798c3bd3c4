"""scripts/setup installs what is missing and only that, on a machine made of stubs."""

import os
import pathlib
import shutil
import subprocess
import unittest

from scratch_tree import ScratchTree

SETUP = pathlib.Path(__file__).resolve().parents[2] / "scripts/setup"
REAL = ("bash", "cat", "dirname", "env", "mktemp", "rm", "sed", "sort", "tail", "touch", "tr")
RUN_PACKAGES = {"g++", "make", "cmake", "ninja-build", "libcli11-dev", "libfmt-dev", "nlohmann-json3-dev", "libncurses-dev",
                "libcpp-httplib-dev", "libprotozero-dev", "zlib1g-dev", "libdw-dev", "python3", "systemtap-sdt-dev"}
TOOLS_PACKAGES = RUN_PACKAGES | {"libgtest-dev", "libgmock-dev", "pkg-config", "valgrind", "gdb", "perl", "git", "sqlite3", "golang-go",
                                "libbenchmark-dev", "nodejs", "npm", "chromium"}


class Setup(ScratchTree):
    def machine(self, installed, user=0, **programs):
        """A PATH with stubs: what is installed, who we are, and what apt-get and sudo do (None: there is none)."""
        stubs = {
            "dpkg-query": "cat <<'END'\n" + "".join(f"{name} installed\n" for name in installed) + "END",
            "id": f"echo {user}",
            "apt-get": 'echo "apt-get $*" >>"$CALLS"',
            "sudo": 'shift; echo "sudo" >>"$CALLS"; "$@"',
            **programs,
        }
        folder = self.root / "bin"
        folder.mkdir()
        for name, body in stubs.items():
            if body is not None:
                (folder / name).write_text(f"#!/usr/bin/env bash\n{body}\n")
                (folder / name).chmod(0o755)
        for name in REAL:
            (folder / name).symlink_to(shutil.which(name))
        return folder

    def script(self):
        """The script in a repository of its own, whose build/daemons is empty."""
        (self.root / "scripts").mkdir(exist_ok=True)
        return shutil.copy(SETUP, self.root / "scripts/setup")

    def setup(self, machine, *arguments):
        """(exit status, output, the calls of apt-get and sudo)"""
        calls = self.root / "calls"
        calls.touch()
        run = subprocess.run([str(machine / "bash"), self.script(), *arguments], text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, env={"PATH": str(machine), "CALLS": str(calls),
                                                            "TMPDIR": str(self.root)})
        return run.returncode, run.stdout, calls.read_text()

    def test_says_and_does_nothing_when_nothing_is_missing(self):
        self.assertEqual(self.setup(self.machine(RUN_PACKAGES), "run"), (0, "", ""))

    def test_knows_packages_by_their_architecture_too(self):
        names = {f"{name}:amd64" for name in RUN_PACKAGES}
        self.assertEqual(self.setup(self.machine(names), "run"), (0, "", ""))

    def test_installs_what_is_missing(self):
        status, output, calls = self.setup(self.machine(RUN_PACKAGES - {"libfmt-dev", "ninja-build"}), "run")
        self.assertEqual((status, output), (0, "scripts/setup: installing libfmt-dev ninja-build\n"))
        self.assertTrue(calls.endswith("install -y --no-install-recommends libfmt-dev ninja-build\n"), calls)
        self.assertNotIn("sudo", calls)

    def test_counts_a_program_from_elsewhere(self):
        machine = self.machine(RUN_PACKAGES - {"ninja-build"}, ninja="true")
        self.assertEqual(self.setup(machine, "run"), (0, "", ""))

    def test_uses_sudo_when_not_root(self):
        status, _, calls = self.setup(self.machine(RUN_PACKAGES - {"ninja-build"}, user=1000), "run")
        self.assertEqual(status, 0)
        self.assertTrue(calls.startswith("sudo\napt-get "), calls)

    def setup_at_a_terminal(self, machine, answer):
        """(exit status, output, the calls of apt-get and sudo) where a person at a terminal types `answer`."""
        calls = self.root / "calls"
        calls.touch()
        terminal, other_end = os.openpty()
        os.write(terminal, f"{answer}\n".encode())
        run = subprocess.run([str(machine / "bash"), self.script(), "run"], text=True, stdin=other_end, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, env={"PATH": str(machine), "CALLS": str(calls),
                                                            "TMPDIR": str(self.root)})
        os.close(terminal)
        os.close(other_end)
        return run.returncode, run.stdout, calls.read_text()

    def test_asks_at_a_terminal_before_it_uses_sudo(self):
        machine = self.machine(RUN_PACKAGES - {"cmake"}, user=1000)
        status, output, calls = self.setup_at_a_terminal(machine, "n")
        self.assertEqual((status, calls), (1, ""))
        self.assertIn("as you did not agree to sudo: cmake", output)
        status, _, calls = self.setup_at_a_terminal(machine, "y")
        self.assertEqual(status, 0)
        self.assertTrue(calls.startswith("sudo\napt-get "), calls)

    def test_unpacks_servers_and_installs_none(self):
        machine = self.machine(TOOLS_PACKAGES, **{
            "apt-get": 'echo "apt-get $*" >>"$CALLS"; touch "${*: -1}_1_all.deb"', "dpkg": 'echo "dpkg $1 ${2##*/}" >>"$CALLS"'})
        status, output, calls = self.setup(machine, "tools")
        self.assertEqual((status, calls), (0, "apt-get -qq download prometheus\ndpkg -x prometheus_1_all.deb\n"
                                              "apt-get -qq download nginx\ndpkg -x nginx_1_all.deb\n"), output)

    def test_fetches_the_lists_when_the_first_try_fails(self):
        apt = 'echo "$*" >>"$CALLS"; [[ $* == *update* ]] || [[ $(cat "$CALLS") == *update* ]]'
        status, _, calls = self.setup(self.machine(RUN_PACKAGES - {"ninja-build"}, **{"apt-get": apt}), "run")
        self.assertEqual(status, 0)
        self.assertEqual(["update" in call for call in calls.splitlines()], [False, True, False])

    def test_names_the_packages_in_one_line_when_it_cannot_install(self):
        status, output, _ = self.setup(self.machine(RUN_PACKAGES - {"ninja-build", "cmake"}, user=1000, sudo=None), "run")
        self.assertEqual((status, output), (
            1, "scripts/setup: please install these Debian packages, not root and no sudo: cmake ninja-build\n"))

    def test_names_the_packages_when_apt_fails(self):
        apt = "echo no network >&2; false"
        status, output, _ = self.setup(self.machine(RUN_PACKAGES - {"ninja-build"}, **{"apt-get": apt}), "run")
        self.assertEqual(status, 1)
        self.assertIn("no network", output)
        self.assertRegex(output.splitlines()[-1], r"^scripts/setup: please install .* ninja-build$")

    def test_rejects_an_unknown_purpose(self):
        status, output, _ = self.setup(self.machine(RUN_PACKAGES), "party")
        self.assertEqual((status, output), (
            2, "scripts/setup: unknown purpose 'party' (run, test, check, lint, tools, machines, bench, fuzz, wasm, "
               "platforms, aarch64, i386, musl, windows, wasi, all)\n"))


if __name__ == "__main__":
    unittest.main()
