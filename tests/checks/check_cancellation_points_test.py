"""check_cancellation_points.py finds what may unwind a thread out of malloc."""

import pathlib
import subprocess
import unittest

import check_cancellation_points as check
from scratch_tree import ScratchTree


class CheckCancellationPoints(ScratchTree):
    def library(self, source):
        self.write({"library.c": source})
        library = self.root / "library.so"
        subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-w", "library.c", "-o", library], cwd=self.root, check=True)
        return library

    def archive(self, source):
        self.write({"member.c": source})
        subprocess.run(["gcc", "-O1", "-w", "-c", "member.c"], cwd=self.root, check=True)
        subprocess.run(["ar", "rc", "library.a", "member.o"], cwd=self.root, check=True)
        return self.root / "library.a"

    def result(self, *libraries):
        return self.run_main(check.main, [str(library) for library in libraries])

    def test_accepts_calls_that_are_none(self):
        source = "void* f(void) { return mmap(0, getpid(), syscall(1), 2, 3, 4); }"
        status, output = self.result(self.archive(source), self.library(source))
        self.assertEqual((status, output), (0, "ok  cancellation points: none in library.a, library.so\n"))

    def test_rejects_one_in_a_library(self):
        status, output = self.result(self.library("int f(int file) { return close(file); }"))
        self.assertEqual(status, 1)
        self.assertIn("library.so: close@GLIBC_2.2.5 is a cancellation point", output)

    def test_rejects_one_in_a_member_of_an_archive(self):
        status, output = self.result(self.archive("int f(int file) { return close(file); }"))
        self.assertEqual(status, 1)
        self.assertIn("library.a: member.o: close is a cancellation point", output)

    def test_rejects_one_that_only_may_be(self):
        self.assertEqual(self.result(self.library("int f(char* path) { return unlink(path); }"))[0], 1)

    def test_rejects_one_of_the_gnu_library_alone(self):
        self.assertEqual(self.result(self.library("long f(void* p) { return getrandom(p, 8, 0); }"))[0], 1)

    def test_knows_a_function_by_its_other_names(self):
        for symbol, name in {"open64": "open", "pread64@GLIBC_2.2.5": "pread",
                             "__fprintf_chk": "fprintf", "__fxstat64": "fstat", "__xstat": "stat", "fcntl64": "fcntl",
                             "__isoc99_fscanf": "fscanf", "__clock_nanosleep_time64": "clock_nanosleep",
                             "mmap64": "mmap", "malloc": "malloc"}.items():
            self.assertEqual(check.plain_name(symbol), name, symbol)

    def test_rejects_a_library_that_imports_nothing(self):
        status, output = self.result(self.archive("int f(void) { return 1; }"))
        self.assertEqual(status, 1)
        self.assertIn("imports nothing", output)

    def test_rejects_a_library_that_is_not_there(self):
        status, output = self.result(pathlib.Path("gone.so"))
        self.assertEqual(status, 1)
        self.assertIn("does not exist", output)


if __name__ == "__main__":
    unittest.main()
