"""The library has the static probes that src/os/probe.hpp lists: probes_test.py LIBRARY"""

import re
import subprocess
import sys
import unittest

LIBRARY = sys.argv[1]


def probes():
    """(name, number of arguments) of each of the provider cenote."""
    notes = subprocess.run(["readelf", "--notes", "--wide", LIBRARY], capture_output=True, text=True, check=True,
                           env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout
    found = re.findall(r"Provider: cenote\s+Name: (\w+)\s+.*\s+Arguments: (.*)", notes)
    return {(name, len(arguments.split())) for name, arguments in found}


class Probes(unittest.TestCase):
    def test_are_there_with_their_arguments(self):
        self.assertEqual(probes(), {("refill", 1), ("map", 2), ("purge", 2)})


unittest.main(argv=sys.argv[:1], verbosity=2)
