#!/usr/bin/python3
"""Checks that the relative links of every Markdown file lead somewhere: check_links.py [repository]

A link to a heading (`file.md#heading`) must name one. Links to the web are not followed.
"""

import pathlib
import re
import sys

SKIPPED_FOLDERS = {"build", ".git", "node_modules"}
INLINE = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$", re.M)
HTML = re.compile(r"<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)=\"([^\"]+)\"")
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.M | re.S)
OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|//")


def blank(match):
    """As many lines as were matched, so that line numbers stay true."""
    return "\n" * match.group().count("\n")


def links_of(text):
    """(line, target) of each link outside code."""
    prose = re.sub(r"`[^`\n]+`", "", FENCE.sub(blank, text))
    for pattern in (INLINE, REFERENCE, HTML):
        for match in pattern.finditer(prose):
            yield prose.count("\n", 0, match.start(1)) + 1, match.group(1)


def anchors_of(path):
    """The anchors that GitHub gives the headings of a file."""
    anchors = set()
    for heading in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", FENCE.sub(blank, path.read_text()), re.M):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower())
        anchors.add(words.replace(" ", "-"))
    return anchors


def problem_of(root, document, target):
    if OUTSIDE.match(target):
        return None
    name, _, anchor = target.partition("#")
    path = (root / name.lstrip("/") if name.startswith("/") else document.parent / name) if name else document
    if not path.exists():
        return f"{target} does not exist"
    if anchor and path.suffix == ".md" and anchor not in anchors_of(path):
        return f"{target}: no such heading in {path.name}"
    return None


def main(root):
    documents = [path for path in sorted(root.rglob("*.md")) if not SKIPPED_FOLDERS & set(path.relative_to(root).parts)]
    problems = [f"{document.relative_to(root)}:{line}: {problem}"
                for document in documents for line, target in sorted(links_of(document.read_text()))
                if (problem := problem_of(root, document, target))]
    print(*problems, sep="\n", end="\n" if problems else "")
    if problems:
        print("check_links: correct the links, or add what they lead to")
        return 1
    print(f"ok  links: {len(documents)} documents")
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../..").resolve()))
