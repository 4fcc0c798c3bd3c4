"""check_links.py follows relative links and headings, and leaves code and the web alone."""

import unittest

import check_links
from scratch_tree import ScratchTree

GOOD = {
    "README.md": "# A title\n[guide](docs/guide.md#how-it-works)\n[here](#a-title)\n[web](https://example.org/x)\n"
                 "`[code](gone.md)`\n```\n[fenced](gone.md)\n```\n<img src=\"docs/map.svg\">\n[r]: docs/map.svg\n",
    "docs/guide.md": "# Guide\n\n## How it works\n[back](../README.md)\n",
    "docs/map.svg": "<svg/>",
    "build/README.md": "[ignored](gone.md)\n",
}


class CheckLinks(ScratchTree):
    def found_after(self, text):
        self.write({**GOOD, "docs/bad.md": text})
        status, output = self.run_main(check_links.main, self.root)
        self.assertEqual(status, 1, f"accepted {text}")
        return output

    def test_accepts_links_that_lead_somewhere(self):
        self.write(GOOD)
        self.assertEqual(self.run_main(check_links.main, self.root), (0, "ok  links: 2 documents\n"))

    def test_rejects_a_missing_file_and_names_the_line(self):
        self.assertIn("docs/bad.md:2: gone.md does not exist", self.found_after("one\n[x](gone.md)\n"))

    def test_rejects_a_missing_heading(self):
        self.assertIn("no such heading", self.found_after("[x](guide.md#how-it-fails)\n"))

    def test_rejects_a_missing_picture(self):
        self.assertIn("gone.svg", self.found_after("![x](gone.svg)\n"))


if __name__ == "__main__":
    unittest.main()
