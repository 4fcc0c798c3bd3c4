"""Real programs of this machine, each with a task that allocates much. Those not installed are named and left out."""

import shutil

from compare.allocators import REPOSITORY
from compare.rounds import Program

TASKS = REPOSITORY / "bench" / "programs"

PROGRAMS = (
    Program("g++", ("g++", "-std=c++20", "-O1", "-S", "-o", "-", TASKS / "heavy.cpp")),
    # Python keeps small objects in an allocator of its own unless it is told not to.
    Program("python3", ("/usr/bin/python3", TASKS / "objects.py"), env={"PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0"}),
    Program("perl", ("perl", TASKS / "hashes.pl"), env={"PERL_HASH_SEED": "0"}),
    Program("sqlite3", ("sqlite3", ":memory:"), stdin=TASKS / "inserts.sql"),
    Program("node", ("node", TASKS / "objects.js")),
)

SHORTEST = ("perl",)


def installed():
    """The programs that are here, and the names of those that are not."""
    here = [program for program in PROGRAMS if shutil.which(program.command[0])]
    return here, [program.name for program in PROGRAMS if program not in here]
