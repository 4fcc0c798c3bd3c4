"""A program that is compiled as an older C++ meets one sentence about it, whichever public header it includes."""

import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Cxx20(unittest.TestCase):
    def test_the_first_error_of_every_public_header_names_the_standard(self):
        headers = sorted((ROOT / "include/cenote").glob("*.hpp"))
        self.assertGreater(len(headers), 20)
        for header in headers:
            with self.subTest(header.name):
                done = subprocess.run([os.environ.get("CXX", "c++"), "-std=c++17", "-fsyntax-only", f"-I{ROOT / 'include'}",
                                       "-x", "c++", "-"], input=f"#include <cenote/{header.name}>\n", text=True, capture_output=True)
                errors = re.findall(r"error: (.*)", done.stderr)
                self.assertTrue(errors)
                self.assertIn("cenote needs C++20: compile with -std=c++20", errors[0])


if __name__ == "__main__":
    unittest.main()
