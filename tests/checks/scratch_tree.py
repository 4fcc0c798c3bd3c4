"""A repository of a few small files, for one test."""

import contextlib
import io
import pathlib
import tempfile
import unittest


class ScratchTree(unittest.TestCase):
    """Gives each test an empty folder, `self.root`."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, files):
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def run_main(self, main, argument):
        """(exit status, output) of a script's main function."""
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = main(argument)
        return status, output.getvalue()
