#!/usr/bin/python3
"""Checks the built libcenote-malloc.so: check_symbols.py [library] [exports]

  1. It exports what src/malloc/exports.txt lists, and nothing else.
  2. It needs the C library alone.
  3. Its thread-local storage fits what the loader keeps for a dlopen()ed library with initial-exec TLS.
  4. Nothing in it is destroyed at the end of a program, since blocks are freed after that.
  5. Its variables take little memory: all of it is resident in a program that locks its memory.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# glibc keeps 1664 bytes of static TLS for libraries that come later (TLS_STATIC_SURPLUS), for all of them together;
# Mesa's and the C++ runtime's take their share. 512 leaves room for them.
TLS_BYTES_MAX = 512
# Half of it is the record of profiles.
WRITABLE_BYTES_MAX = 96 * 1024


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def exported(library):
    """The dynamic symbols that the library defines, without their versions."""
    return {line.split("@")[0] for line in output_of("nm", "-D", "--defined-only", "--format=just-symbols",
                                                     str(library)).split()}


def listed(exports):
    return {line for line in exports.read_text().split("\n") if line and not line.startswith("#")}


def needed(library):
    """The libraries that the loader loads with this one."""
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", output_of("readelf", "-dW", str(library))))


def tls_bytes(library):
    """The size of the TLS segment in memory; 0 when there is none."""
    segment = re.search(r"^\s*TLS(?:\s+0x[0-9a-f]+){4}\s+(0x[0-9a-f]+)", output_of("readelf", "-lW", str(library)), re.M)
    return int(segment.group(1), 16) if segment else 0


def imported(library):
    """The dynamic symbols that the library takes from others, without their versions."""
    return {line.split("@")[0] for line in output_of("nm", "-D", "--undefined-only", "--format=just-symbols",
                                                     str(library)).split()}


def writable_bytes(library):
    """The size of the writable segments in memory."""
    segments = re.findall(r"^\s*LOAD(?:\s+0x[0-9a-f]+){4}\s+(0x[0-9a-f]+)\s+RW", output_of("readelf", "-lW", str(library)),
                          re.M)
    return sum(int(size, 16) for size in segments)


def problems_of(library, exports):
    found, wanted = exported(library), listed(exports)
    for symbol in sorted(wanted - found):
        yield f"{symbol} is listed in {exports.name} but not exported: define it in src/malloc/, or take it off the list"
    for symbol in sorted(found - wanted):
        yield f"{symbol} is exported but not listed in {exports.name}: give it hidden visibility, or list it"
    for other in sorted(name for name in needed(library) if not name.startswith(("libc.so", "ld-linux"))):
        yield f"{other} is loaded into every program: do without it (src/malloc/cxx_runtime.cpp says how)"
    size = tls_bytes(library)
    if size > TLS_BYTES_MAX:
        yield (f"{size} bytes of thread-local storage, more than {TLS_BYTES_MAX}: keep a pointer there and the rest "
               "in memory of our own, or dlopen() may fail")
    if "__cxa_atexit" in imported(library):
        yield "it imports __cxa_atexit: an object with static storage has a destructor"
    if (size := writable_bytes(library)) > WRITABLE_BYTES_MAX:
        yield f"{size} bytes of variables, more than {WRITABLE_BYTES_MAX}: map large tables when they are used first"


def main(arguments):
    library = pathlib.Path(arguments[0]) if arguments else ROOT / "build/release/lib/libcenote-malloc.so"
    exports = pathlib.Path(arguments[1]) if len(arguments) > 1 else ROOT / "src/malloc/exports.txt"
    if not library.exists():
        print(f"check_symbols: {library} does not exist; run: scripts/build release")
        return 1
    problems = list(problems_of(library, exports))
    for problem in problems:
        print(f"{library.name}: {problem}")
    if problems:
        return 1
    print(f"ok  symbols: {len(listed(exports))} exported, {tls_bytes(library)} bytes of thread-local storage")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
