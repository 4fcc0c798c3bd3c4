#!/usr/bin/python3
"""Holds a memory checker's reports of errors in pools against what they must say: report_test.py SETUP PROGRAM

  valgrind               PROGRAM is compiled with CENOTE_VALGRIND
  address                with AddressSanitizer
  pass_through_valgrind  with neither; CENOTE_PASS_THROUGH=1
  pass_through_address   with AddressSanitizer; CENOTE_PASS_THROUGH=1
"""

import os
import re
import shutil
import subprocess
import sys

SKIPPED = 77
FIXED = ("single_thread", "locked", "lock_free", "thread_cached", "block")
PASSED = (*FIXED, "slab", "manager", "heap")
POOLS = (*PASSED, "buddy", "arena")

# What a report says, in this order. Valgrind names the places where a block was given back and taken, too.
TOUCHED = {"use_after_free": "touch_freed_block", "overflow": "touch_behind_block"}
STACKS = {"use_after_free": ("give_block", "take_block"), "overflow": ("take_block",)}
SETUPS = {
    "valgrind": {
        "use_after_free": (r"Invalid write of size 1", (*FIXED, "slab", "manager", "buddy", "arena")),
    },
    "address": {
        "use_after_free": (r"AddressSanitizer: use-after-poison", (*FIXED, "slab", "manager", "buddy", "arena")),
    },
    "pass_through_valgrind": {
        "use_after_free": (r"Invalid write of size 1", PASSED),
        "overflow": (r"Invalid write of size 1", PASSED),
    },
    "pass_through_address": {
        "use_after_free": (r"AddressSanitizer: heap-use-after-free", PASSED),
        "overflow": (r"AddressSanitizer: heap-buffer-overflow", PASSED),
    },
}
# A report without the stacks of the block: AddressSanitizer keeps none for poisoned memory, valgrind none for an arena's.
WITHOUT_STACKS = {("address", pool) for pool in POOLS} | {("valgrind", "arena")}


def said_of(setup, program, error, pools):
    """{pool: what was said while the error was made with it}, and the exit status."""
    command = [program, error, *pools]
    if setup.endswith("valgrind"):
        # Chasing calls, it names the caller of a function of one instruction.
        command = ["valgrind", "--quiet", "--error-exitcode=9", "--num-callers=20", "--vex-guest-chase=no", *command]
    # The shipped library has no frame pointers, which the fast unwinder needs.
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:fast_unwind_on_malloc=0", "CENOTE_PASS_THROUGH": "0"}
    if setup.startswith("pass_through"):
        environment["CENOTE_PASS_THROUGH"] = "1"
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    parts = re.split(r"^-- (\w+)\n", done.stdout + done.stderr, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2])), done.returncode


def problem_of(setup, error, pool, said):
    """What is wrong with a report; None when nothing is."""
    kind, _ = SETUPS[setup][error]
    stacks = () if (setup, pool) in WITHOUT_STACKS else STACKS[error]
    report = re.search(kind + r"(?:.*\n){1,4}?.*" + TOUCHED[error] + r".*errors\.cpp:\d+", said)
    if not report:
        return f"no report that says {kind} and begins at {TOUCHED[error]}"
    rest = said[report.end():]
    for name in stacks:
        found = re.search(name + r".*errors\.cpp:\d+", rest)
        if not found:
            return f"the report does not go on with {name}"
        rest = rest[found.end():]
    return None


def problems_of(setup, program, error, pools):
    # AddressSanitizer ends the program at the first error.
    groups = [pools] if setup.endswith("valgrind") else [[pool] for pool in pools]
    for group in groups:
        said, status = said_of(setup, program, error, group)
        for pool in group:
            problem = problem_of(setup, error, pool, said.get(pool, ""))
            if problem or status == 0:
                yield f"{setup}: {error} {pool}: {problem or 'exit status 0'}\n{said.get(pool, '')}"


def problems_of_clean(setup, program):
    said, status = said_of(setup, program, "clean", POOLS)
    for pool in POOLS:
        if status != 0 or said.get(pool) != "":
            yield f"{setup}: clean {pool}: something is reported, exit status {status}\n{said.get(pool)}"


def main(setup, program):
    if setup.endswith("valgrind") and shutil.which("valgrind") is None:
        print("skipped: there is no valgrind here; scripts/setup installs it")
        return SKIPPED
    problems = list(problems_of_clean(setup, program))
    for error, (_, pools) in SETUPS[setup].items():
        problems += problems_of(setup, program, error, pools)
    print("\n".join(problems) or "every error is reported where it is, and a clean program is not")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
