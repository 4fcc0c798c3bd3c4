#!/usr/bin/python3
"""Checks what gdb prints by tools/gdb/cenote_gdb.py: gdb_printers_test.py PROGRAM STRIPPED

  gdb_printers_test.py --session PROGRAM    prints the example of docs/debugging.md as it is now

PROGRAM is tests/tools/gdb_printers.cpp, compiled with -g -O0. STRIPPED is the same program, linked with a
library without debug information. The example of docs/debugging.md is checked, too.
"""

import pathlib
import re
import shutil
import subprocess
import sys

SKIPPED = 77
ROOT = pathlib.Path(__file__).resolve().parents[2]
PRINTERS = ROOT / "tools/gdb/cenote_gdb.py"
GUIDE = ROOT / "docs/debugging.md"
EXAMPLE = re.compile(r"^```text\n(\(gdb\) source .*?)^```$", re.M | re.S)

# Expression: what is printed behind `$1 = `. Addresses are read as 0x1.
EXPECTED = {
    # pools of equal blocks, with each policy
    "orders": 'FixedPool<Order, LockFree> "orders": 3 of 128 blocks in use, 8 bytes each, grows to 256',
    "single": "FixedPool<Order, SingleThread>: 1 of 4 blocks in use, 8 bytes each",
    "locked": 'FixedPool<Order, Locked> "locked": 1 of 10 blocks in use, 8 bytes each',
    "cached": 'FixedPool<Order, ThreadCached> "cached": 4 of 50 blocks in use, 8 bytes each',
    "passed": 'FixedPool<Order, LockFree> "passed": 1 of 3 blocks in use, 8 bytes each, '
              "every block from malloc",
    "packets": 'BlockPool<LockFree> "packets": 1 of 16 blocks in use, 2 KiB each',
    "cached_packets": "BlockPool<ThreadCached>: 0 of 8 blocks in use, 64 bytes each",
    "locked_packets": "BlockPool<Locked>: 0 of 8 blocks in use, 64 bytes each",
    "single_packets": "BlockPool<SingleThread>: 0 of 8 blocks in use, 64 bytes each",
    # pools of mixed sizes
    "slabs": 'SlabAllocator "slabs": 3 blocks in use, 384 KiB held, limit 1 MiB',
    "buddies": 'BuddyAllocator "buddies": 16 KiB of 1 MiB in use in 1 block, the smallest of 4 KiB',
    "frames": re.compile(r'NumaPool "frames": 8 KiB of \d+ MiB in use on \d+ nodes?, preferred'),
    "recycled": 'PoolManager "recycled": 1 block (1500 bytes) in use, 1 block (100 bytes) free, limit 64 KiB',
    "parser": 'Heap "parser": 128 KiB held, limit 16 MiB, checked',
    "nameless": "Heap: 0 bytes held, no limit, checked",
    "of_malloc": re.compile(r"Heap.*: .* held, no limit, trusting"),
    "*&parser": 'Heap "parser": 128 KiB held, limit 16 MiB, checked',
    # movable objects
    "cache": 'MovablePool<Order> "cache": 2 of 100 objects in use, 8 bytes each',
    "entry": "MovableHandle<Order> to 0x1 = {object = {id = 1, price = 10}}",
    "pinned": "MovableHandle<Order> to 0x1, pinned = {object = {id = 2, price = 20}}",
    "pin": "Pin<Order> to 0x1 = {object = {id = 2, price = 20}}",
    "no_pin": "Pin<Order>: empty",
    "no_entry": "MovableHandle<Order>: empty",
    # handles of fixed pools
    "order": "FixedPool<Order>::Handle to 0x1 = {object = {id = 7, price = 250}}",
    "of_locked": "FixedPool<Order, Locked>::Handle to 0x1 = {object = {id = 1, price = 2}}",
    "of_passed": "FixedPool<Order>::Handle to 0x1 = {object = {id = 1, price = 2}}",
    "no_order": "FixedPool<Order>::Handle: empty",
    # arenas
    "scratch": "FixedArena: 80 bytes of 4 KiB used",
    "request": 'Arena "request": 1000 bytes used, 64 KiB in 1 chunk',
    "limited": "Arena: 0 bytes used, 0 bytes in 0 chunks, limit 4 KiB",
    "shared": 'ConcurrentArena "shared": 64 bytes used, 64 KiB in chunks of 1 thread',
    # results
    "number": "Result<int> = {value = 42}",
    "no_number": "Result<int>: exhausted",
    "found": "Result<Order*> = {value = 0x1}",
    "refused": "Result<Order*>: limit_reached",
    "done": "Result<void>: no error",
    "failed": "Result<void>: double_free",
    "made": "Result<FixedPool<Order>::Handle> = {value = FixedPool<Order>::Handle to 0x1 = "
            "{object = {id = 9, price = 400}}}",
    "no_pool": "Result<FixedPool<Order, LockFree>>: bad_option",
    # moved from
    "source": "FixedPool<Order, LockFree>: moved from, or destroyed",
    "target": 'FixedPool<Order, LockFree> "source": 0 of 1 blocks in use, 8 bytes each',
    "from": "Arena: moved from, or destroyed",
    "to": 'Arena "from": 0 bytes used, 0 bytes in 0 chunks',
    # never constructed
    **{f"{name}.object": re.compile(r"[\w<>, ]+: not initialised, or (damaged|its memory is not readable)")
       for name in ("wild_pool", "wild_heap", "wild_arena", "wild_shared", "wild_scratch", "wild_handle",
                    "wild_result", "noisy_pool", "noisy_slabs", "noisy_buddies", "noisy_numa",
                    "noisy_manager", "noisy_heap", "noisy_cache")},
    # names with a version
    "versioned_value": "Result<int> = {value = 42}",
    "versioned_error": "Result<int>: exhausted",
    "versioned_arena": "FixedArena: 16 bytes of 4 KiB used",
}
WITHOUT_DEBUG_INFORMATION = {
    "parser": "Heap: the library has no debug information",
    "buddies": "BuddyAllocator: the library has no debug information",
    "frames": "NumaPool: the library has no debug information",
    "recycled": "PoolManager: the library has no debug information",
    "orders": EXPECTED["orders"],
    "order": EXPECTED["order"],
}
SESSION = ("orders", "order", "parser", "request", "number", "no_number", "source")


def printed(program, expressions):
    """{expression: what `print expression` says} where the program has made everything."""
    # Calls of functions of the program are forbidden, so a printer that made one would fail.
    commands = [f"source {PRINTERS}", "break stop_here", "run", "set may-call-functions off", "up"]
    for expression in expressions:
        commands += [f"echo <<{expression}>>\\n", f"print {expression}"]
    arguments = [word for command in commands for word in ("-ex", command)]
    settings = ["-iex", "set width 0", "-iex", "set debuginfod enabled off"]
    done = subprocess.run(["gdb", "-nx", "-q", "-batch", *settings, *arguments, program],
                          capture_output=True, text=True, timeout=120)
    if "Traceback" in done.stderr or "Python Exception" in done.stderr:
        sys.exit(f"an exception reached gdb:\n{done.stderr}")
    parts = re.split(r"^<<(.*)>>\n", done.stdout, flags=re.M)
    if len(parts) == 1:
        sys.exit(f"gdb printed nothing:\n{done.stdout}{done.stderr}")
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2])}


def without_addresses(text):
    return re.sub(r"0x[0-9a-f]+", "0x1", text)


def problems_of(program, expected):
    said = printed(program, expected)
    for expression, wanted in expected.items():
        text = re.sub(r"^\$\d+ = ", "", without_addresses(said.get(expression, "")))
        matches = wanted.fullmatch(text) if isinstance(wanted, re.Pattern) else wanted == text
        if not matches:
            yield f"print {expression}\n  wanted: {getattr(wanted, 'pattern', wanted)}\n  got:    {text}"


def session(program):
    """The commands of the example and what gdb answers."""
    said = printed(program, SESSION)
    lines = ["(gdb) source /usr/share/cenote/gdb/cenote_gdb.py"]
    for expression in SESSION:
        lines += [f"(gdb) print {expression}", said[expression]]
    return "\n".join(lines) + "\n"


def example_problems(program):
    example = EXAMPLE.search(GUIDE.read_text())
    now = session(program)
    if not example or without_addresses(example.group(1)) != without_addresses(now):
        yield f"{GUIDE.name}: its example differs from what gdb prints now:\n{now}"


def main():
    if not shutil.which("gdb"):
        print("gdb is not installed")
        return SKIPPED
    if sys.argv[1] == "--session":
        print(session(sys.argv[2]), end="")
        return 0
    program, stripped = sys.argv[1:]
    problems = [*problems_of(program, EXPECTED), *problems_of(stripped, WITHOUT_DEBUG_INFORMATION),
                *example_problems(program)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
