#!/usr/bin/python3
"""Runs clang-tidy over the product's compiled files: check_tidy.py [files...]

Reads build/release/compile_commands.json. A file that was clean is not looked at again until it, a file of ours that it
includes, its compile command, .clang-tidy or clang-tidy itself changes: build/tidy/ remembers the hashes.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release"
CACHE = ROOT / "build/tidy"
FOLDERS = ("src", "cli")
INCLUDE = re.compile(rb'^\s*#\s*include\s*[<"]([^">]+)[>"]', re.M)

FINDING = re.compile(r"\n(?=\S+:\d+:\d+: (?:error|warning): )")


def commands():
    """{file: compile command} of the product's files."""
    entries = json.loads((BUILD / "compile_commands.json").read_text())
    files = {pathlib.Path(entry["file"]): entry["command"] for entry in entries}
    return {path: command for path, command in sorted(files.items())
            if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in FOLDERS}


def closure(path):
    """The file and every file of ours that it includes, directly or not."""
    seen, waiting = set(), [path]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        for name in INCLUDE.findall(current.read_bytes()):
            places = (current.parent, ROOT / "include", ROOT / "src")
            waiting += [place / name.decode() for place in places if (place / name.decode()).is_file()][:1]
    return sorted(seen)


def key_of(path, command, common):
    digest = hashlib.sha256(common + command.encode())
    for part in closure(path):
        digest.update(part.read_bytes())
    return digest.hexdigest()


def tidy(path):
    run = subprocess.run(["clang-tidy", "--quiet", "-p", str(BUILD), str(path)], cwd=ROOT, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return run.returncode == 0, (run.stdout or run.stderr).replace(f"{ROOT}/", "")


def main(wanted):
    if not (BUILD / "compile_commands.json").exists():
        print("check_tidy: no build/release/compile_commands.json; run: scripts/build release")
        return 1
    CACHE.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes()
    chosen = commands()
    if wanted:
        chosen = {path: command for path, command in chosen.items() if path in wanted}
    keys = {path: CACHE / key_of(path, command, common) for path, command in chosen.items()}
    stale = [path for path, key in keys.items() if not key.exists()]

    findings = {}  # each once: a header's is found by every file that includes it
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, (clean, output) in zip(stale, pool.map(tidy, stale)):
            if clean:
                keys[path].touch()
            else:
                findings.update(dict.fromkeys(FINDING.split(output.strip())))
    if findings:
        print("\n".join(findings))
        print(f"check_tidy: {len(findings)} findings; mend them, or write NOLINT(check-name) with a reason")
        return 1
    print(f"ok  tidy: {len(chosen)} files, {len(stale)} of them changed")
    return 0


if __name__ == "__main__":
    sys.exit(main({pathlib.Path(argument).resolve() for argument in sys.argv[1:]}))
