"""A real program gives the same output on the replacement as without it: same_output_test.py LIBRARY PROGRAM

Exit status 77 when the program is not installed: the test is skipped.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

LIBRARY, PROGRAM = sys.argv[1:3]

CPP = """
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <unordered_map>
#include <vector>
template <int N> struct Tower : Tower<N - 1> { std::map<std::string, std::vector<Tower<N - 1>>> below; };
template <> struct Tower<0> { std::string text; };
int main() {
  Tower<40> tower;
  std::unordered_map<std::string, std::shared_ptr<Tower<7>>> towers;
  std::cout << std::regex_match(tower.text, std::regex("a*b+")) << towers.size() << '\\n';
}
"""
PYTHON = """
import collections, json, re, sys
words = [("w%d" % (i * 7919 % 10007)) * (i % 5 + 1) for i in range(150000)]
count = collections.Counter(words)
tree = {}
for word in words: tree.setdefault(word[:3], {}).setdefault(word[:5], []).append(len(word))
print(len(json.dumps(tree, sort_keys=True)), count.most_common(3), sum(len(m) for m in re.findall(r"w\\d+7", " ".join(words))))
print(sum(sum(x * i for i, x in enumerate(range(100))) for _ in range(2000)))
"""
PERL = """
my %h; my @all;
for my $i (1..120000) { my $k = "k" . ($i * 7919 % 9973); $h{$k} .= chr(97 + $i % 26); push @all, [$i, $k]; }
my $joined = join ",", map { "$_=" . length $h{$_} } sort keys %h;
$joined =~ s/(\\d+)=(\\d+)/$2:$1/g;
print length($joined), " ", substr($joined, 0, 200), " ", scalar(@all), "\\n";
"""
SQL = """
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
INSERT INTO t SELECT i, printf('%d-%s', i * 7919 % 10007, hex(i)), i / 7.0 FROM n;
CREATE INDEX tb ON t(b);
SELECT count(*), sum(c), max(b), group_concat(b) FROM (SELECT * FROM t ORDER BY b LIMIT 300);
SELECT length(group_concat(b || c)) FROM t;
"""
NODE = """
const objects = [];
for (let i = 0; i < 100000; i++) objects.push({ id: i * 7919 % 10007, text: 'x'.repeat(i % 50), nested: { a: [i, i + 1] } });
objects.sort((a, b) => a.id - b.id || a.text.length - b.text.length || a.nested.a[0] - b.nested.a[0]);
const text = JSON.stringify(objects);
console.log(text.length, text.slice(1000, 1200), Buffer.alloc(5000000, 'ab').toString('base64').length);
"""
GIT = """
set -e
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
git init -q -b main r && cd r
for i in 1 2 3 4 5 6; do
  for f in a b c d; do seq $i 3 $((i * 4000)) > $f$i; seq 1 $i 9000 > $f; done
  git add . && git commit -q -m "number $i"
done
git gc -q --aggressive
git log --stat -p | cksum
git rev-parse HEAD
git fsck --full
"""


def command_for(program, folder):
    """What to run in `folder`, whose output is to be the same."""
    if program == "g++":
        (folder / "heavy.cpp").write_text(CPP)
        return ["g++", "-std=c++20", "-O1", "-S", "-o", "-", "heavy.cpp"]
    if program == "python3":
        return ["/usr/bin/python3", "-c", PYTHON]
    if program == "sqlite3":
        return ["sqlite3", ":memory:", SQL]
    return {"perl": ["perl", "-e", PERL], "node": ["node", "-e", NODE], "git": ["sh", "-c", GIT]}[program]


def run(program, **more):
    with tempfile.TemporaryDirectory() as name:
        command = command_for(program, pathlib.Path(name))
        env = {**os.environ, "PYTHONHASHSEED": "0", "PERL_HASH_SEED": "0", "PERL_PERTURB_KEYS": "0", **more}
        return subprocess.run(command, cwd=name, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=100)


def main():
    if shutil.which("/usr/bin/python3" if PROGRAM == "python3" else PROGRAM) is None:
        print(f"skipped: {PROGRAM} is not installed")
        return 77
    without = run(PROGRAM)
    if without.returncode != 0 or not without.stdout:
        print(f"{PROGRAM} fails on the system's malloc: {without.stderr.decode()}")
        return 1
    for options in ("", "hardening=full"):
        on_cenote = run(PROGRAM, LD_PRELOAD=LIBRARY, CENOTE_OPTIONS=options)
        for what in ("returncode", "stdout", "stderr"):
            if getattr(without, what) != getattr(on_cenote, what):
                print(f"{PROGRAM}, options {options!r}: another {what}: {getattr(on_cenote, what)!r:.2000}")
                return 1
    print(f"{PROGRAM}: {len(without.stdout)} bytes of output, the same")
    return 0


sys.exit(main())
