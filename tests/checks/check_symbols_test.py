"""check_symbols.py finds what is exported too much or too little, and thread-local storage that is too large."""

import pathlib
import subprocess
import unittest

import check_symbols
from scratch_tree import ScratchTree

SOURCE = """
static __thread char t_cache[TLS_BYTES];
__attribute__((visibility("hidden"))) int inner(void) { return t_cache[0]; }
void* malloc(unsigned long n) { t_cache[n % 8] = 1; return 0; }
"""


class CheckSymbols(ScratchTree):
    def result(self, exports, tls_bytes=64, link=()):
        self.write({"library.c": SOURCE, "exports.txt": "# a comment\n" + "\n".join(exports) + "\n"})
        library = self.root / "library.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-fno-builtin", f"-DTLS_BYTES={tls_bytes}", "library.c", "-o", library,
                        *link], cwd=self.root, check=True)
        return self.run_main(check_symbols.main, [str(library), str(self.root / "exports.txt")])

    def test_accepts_what_is_listed(self):
        status, output = self.result(["malloc"])
        self.assertEqual((status, output), (0, "ok  symbols: 1 exported, 64 bytes of thread-local storage\n"))

    def test_rejects_an_export_that_is_not_listed(self):
        status, output = self.result([])
        self.assertEqual(status, 1)
        self.assertIn("malloc is exported but not listed", output)

    def test_rejects_a_listed_symbol_that_is_missing(self):
        status, output = self.result(["malloc", "free"])
        self.assertEqual(status, 1)
        self.assertIn("free is listed", output)

    def test_rejects_a_library_beside_the_c_library(self):
        status, output = self.result(["malloc"], link=["-Wl,--no-as-needed", "-lstdc++"])
        self.assertEqual(status, 1)
        self.assertIn("libstdc++.so.6 is loaded into every program", output)

    def test_rejects_large_thread_local_storage(self):
        status, output = self.result(["malloc"], tls_bytes=1024)
        self.assertEqual(status, 1)
        self.assertIn("1024 bytes of thread-local storage", output)

    def test_rejects_a_library_that_is_not_there(self):
        status, output = self.run_main(check_symbols.main, [str(pathlib.Path("gone.so"))])
        self.assertEqual(status, 1)
        self.assertIn("does not exist", output)


if __name__ == "__main__":
    unittest.main()
