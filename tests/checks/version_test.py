"""The headers, CMake and the CMake package of the consumer test name one version."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def version_of_headers():
    text = (ROOT / "include/cenote/detail/version_numbers.h").read_text()
    return [re.search(rf"^#define CENOTE_VERSION_{part} (\d+)$", text, re.M).group(1)
            for part in ("MAJOR", "MINOR", "PATCH")]


class Version(unittest.TestCase):
    def test_of_the_headers_is_that_of_the_project(self):
        project = re.search(r"^project\(cenote VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(), re.M)
        self.assertEqual(".".join(version_of_headers()), project.group(1))

    def test_that_the_consumers_ask_for_is_this_one(self):
        for consumer in ("consumer", "c_consumer"):
            text = (ROOT / "tests/package" / consumer / "CMakeLists.txt").read_text()
            wanted = re.search(r"find_package\(cenote ([\d.]+)", text).group(1)
            self.assertEqual(wanted, ".".join(version_of_headers()[:2]))


if __name__ == "__main__":
    unittest.main()
