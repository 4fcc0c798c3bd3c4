#!/usr/bin/python3
"""Finds types that two files define under the same name: check_names.py [repository]

Two classes of one name in one namespace break the one-definition rule even if no file includes both: functions of theirs that
the compiler does not inline share a symbol, and the linker keeps one of them. Compilers need not report it. The rules:

  1. A class, struct, union, enum, concept or alias of a named namespace is defined in one file of include/, src/ and the edges.
  2. Files of different platforms (os/linux, os/windows, ...) may define the same name: only one of them is built.
"""

import pathlib
import re
import sys

FOLDERS = ("include", "src", "cli")
PLATFORMS = {"linux", "windows", "wasi"}

# What is no code: comments, literals, and preprocessor lines with their continuations.
NO_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|R\"(\w*)\(.*?\)\1\"|\"(?:\\.|[^\"\\\n])*\"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'|"
                     r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", re.S | re.M)
# In a declaration: attributes and alignas, which stand between the keyword and the name.
DECORATION = r"(?:\s*\[\[[^\]]*\]\]|\s*alignas\((?:[^()]|\([^()]*\))*\))*"
DEFINITION = re.compile(r"\b(?:class|struct|union|enum(?:\s+class|\s+struct)?)" + DECORATION + r"\s+(\w+)(?:\s+final)?\s*(?::[^:;{][^;{]*)?$")
CONCEPT_OR_ALIAS = re.compile(r"\b(?:concept|using)\s+(\w+)\s*=")
NAMESPACE = re.compile(r"\bnamespace(?:\s+([\w:]+))?\s*$")


def blank(match):
    """As many lines as were matched, so that line numbers stay true."""
    return "\n" * match.group().count("\n") + " "


def types_of(text):
    """(line, qualified name) of each type that a file defines in a named namespace, or in none."""
    code = NO_CODE.sub(blank, text)
    scopes = []  # of each open brace: its namespace, "" for an unnamed one, None for what is none
    start = 0  # of the declaration that is being read
    for mark in re.finditer(r"[{};]", code):
        declaration = code[start:mark.start()]
        in_namespace = all(scopes)
        name = None
        if in_namespace and mark.group() == "{":
            found = DEFINITION.search(declaration.rstrip())
            name = found and found.group(1)
        elif in_namespace and mark.group() == ";":
            found = CONCEPT_OR_ALIAS.search(declaration)
            name = found and found.group(1)
        if name:
            yield code.count("\n", 0, start + found.start(1)) + 1, "::".join([*scopes, name])
        if mark.group() == "{":
            namespace = NAMESPACE.search(declaration.rstrip())
            scopes.append((namespace.group(1) or "") if namespace else None)
        elif mark.group() == "}" and scopes:
            scopes.pop()
        start = mark.end()


def platform_of(path):
    return next((part for part in path.parts if part in PLATFORMS), None)


def clashes(places):
    """Whether two of the files that define a name may be built together."""
    return any(one != other and (platform_of(one) is None or platform_of(other) is None or platform_of(one) == platform_of(other))
               for one in places for other in places)


def main(root):
    root = root.resolve()
    places = {}  # {name: {file: line}}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.?pp")):
            file = path.relative_to(root)
            for line, name in types_of(path.read_text()):
                places.setdefault(name, {}).setdefault(file, line)
    twice = {name: files for name, files in places.items() if clashes(files)}
    for name, files in sorted(twice.items()):
        print("\n".join(f"{file}:{line}: {name} is defined in {len(files)} files" for file, line in files.items()))
    if twice:
        print(f"check_names: {len(twice)} names are defined twice; rename one, or put it into an unnamed namespace")
        return 1
    print(f"ok  names: {len(places)} types, each defined once")
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../..")))
