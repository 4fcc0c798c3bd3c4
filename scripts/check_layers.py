#!/usr/bin/python3
"""Holds every #include against the architecture: check_layers.py [repository]

The layers, their public headers and the layers that each may use are read from the cenote_layer() lines of the top
CMakeLists.txt, so the build and this check cannot disagree. The rules:

  1. A layer includes itself and the layers that it declares; nothing includes an edge.
  2. Each public header belongs to one layer and includes public headers only. Every included file of ours exists.
  3. Below the edges no standard header that allocates, or that brings its own locks and threads.
  4. The system's headers and platform #ifs stay in the layer os; the edges may include system headers.

An exception is written where it is made, with its reason:

  #include <string>  // check_layers: allow, std::error_category::message() returns one
"""

import pathlib
import re
import sys

# Folders outside the layers, and the layers that may allocate.
EDGES = ("cli", "wasm", "malloc", "capi", "inspect", "adapters")

ALLOCATING = {
    **dict.fromkeys("any deque forward_list functional list map queue set stack string unordered_map unordered_set "
                    "valarray vector".split(), "it allocates; use what lies in base/, or pass the memory in"),
    **dict.fromkeys("filesystem format fstream iomanip iostream istream locale ostream regex sstream".split(),
                    "streams allocate and run before main; use snprintf into a buffer"),
    **dict.fromkeys("barrier condition_variable future latch mutex semaphore shared_mutex stop_token thread".split(),
                    "locks and threads come from os/, where locks have ranks"),
    **dict.fromkeys("memory_resource random".split(), "it belongs to the edges"),
}
SYSTEM_HEADER = re.compile(r"(sys|linux|asm|arpa|netinet)/|(dlfcn|fcntl|link|malloc|poll|pthread|sched|signal|"
                           r"sysinfo|syscall|ucontext|unistd|windows|winternl|winbase|emscripten)\.h$")
PLATFORM_MACRO = re.compile(r"\b(_WIN32|_WIN64|_MSC_VER|__MINGW(32|64)__|__linux__|__linux|__unix__|__APPLE__|"
                            r"__FreeBSD__|__ANDROID__|__EMSCRIPTEN__|__wasm(32|64)?__|__wasi__|__GLIBC__|__MUSL__|"
                            r"__x86_64__|__i386__|__aarch64__|__arm__|__riscv)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[>"]')
CONDITIONAL = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif|elifdef|elifndef)\b(.*)")
ALLOWED = re.compile(r"//\s*check_layers: allow, \S")


def declared_layers(cmake_text):
    """({layer: the layers it may include}, {public header: its layer}), from the cenote_layer() lines."""
    lines = re.sub(r"#.*", "", cmake_text)
    layers, headers = {}, {}
    for name, rest in re.findall(r"^\s*cenote_layer\(\s*([\w/]+)([^)]*)\)", lines, re.M):
        listed, _, lower = rest.partition("DEPENDS")
        layers[name] = {name, *lower.split()}
        for header in listed.replace("HEADERS", " ").split():
            headers[f"cenote/{header}"] = name
    return layers, headers


class Checker:
    def __init__(self, root):
        self.root = root
        self.layers, self.headers = declared_layers((root / "CMakeLists.txt").read_text())
        self.problems = []

    def place_of(self, path):
        """(layer or edge, is public) of a file in the repository; the umbrella header and what no layer declares: None."""
        if path.parts[0] == "include":
            return self.headers.get(str(pathlib.PurePath(*path.parts[1:]))), True
        if path.parts[0] == "src":
            return self.layer_of(path.parts[1:-1]), False
        return path.parts[0], False

    def layer_of(self, folders):
        """The layer whose folder is the longest start of these folders."""
        for count in range(len(folders), 0, -1):
            name = "/".join(folders[:count])
            if name in self.layers or name in EDGES:
                return name
        return None

    def check_file(self, path):
        text = (self.root / path).read_text()
        for number, line in enumerate(text.splitlines(), 1):
            if ALLOWED.search(line):
                continue
            problem = self.problem_of(path, line)
            if problem:
                self.problems.append(f"{path}:{number}: {problem}")

    def problem_of(self, path, line):
        include = INCLUDE.match(line)
        if include:
            return self.problem_of_include(path, include.group(1) == '"', include.group(2))
        conditional = CONDITIONAL.match(line)
        macro = conditional and PLATFORM_MACRO.search(conditional.group(1))
        if macro and self.place_of(path)[0] != "os":
            return f"#if on {macro.group()}: platforms differ in os/ only; make it a constant or a function there"
        return None

    def problem_of_include(self, path, quoted, name):
        if not quoted and not name.startswith("cenote/"):
            return self.problem_of_foreign(path, name)
        place, public = self.place_of(path)
        if quoted:
            return self.problem_of_private(path, place, public, name)
        if not (self.root / "include" / name).exists():
            return f"<{name}> does not exist in include/"
        return self.problem_of_direction(place, self.headers.get(name))

    def problem_of_private(self, path, place, public, name):
        if public:
            return f'"{name}" from a public header: only <cenote/...> is installed'
        if (self.root / path.parent / name).exists() and place in EDGES:
            return None
        if (self.root / "src" / name).exists():
            return self.problem_of_direction(place, self.layer_of(pathlib.PurePath(name).parts[:-1]))
        return f'"{name}" exists neither in src/ nor beside an edge\'s file; write "<layer>/<file>.hpp"'

    def problem_of_direction(self, place, target):
        if place is None:  # the umbrella header includes all
            return None
        if target is None:
            return None if place in EDGES else "the umbrella header is for users; include the parts"
        if target in self.layers.get(place, ()) or (place in EDGES and place not in self.layers):
            return None
        return (f"layer {place} may not include {target}: it declares {', '.join(sorted(self.layers[place] - {place})) or 'nothing'}"
                " in CMakeLists.txt; pass the thing in, or move it down")

    def problem_of_foreign(self, path, name):
        place, _ = self.place_of(path)
        if place in EDGES:
            return None
        if name in ALLOCATING:
            return f"<{name}> below the edges: {ALLOCATING[name]}"
        if SYSTEM_HEADER.match(name) and place != "os":
            return f"<{name}> outside os/: there is one door to the system"
        return None

    def check_placement(self, path):
        place, public = self.place_of(path)
        if place is not None or path == pathlib.PurePath("include/cenote/cenote.hpp"):
            return True
        self.problems.append(f"{path}: no cenote_layer() in CMakeLists.txt lists this header" if public else
                             f"{path}: no cenote_layer({path.parts[1]}) in CMakeLists.txt")
        return False

    def run(self):
        files = [path.relative_to(self.root) for folder in ("include", "src", "cli", "wasm")
                 for path in sorted((self.root / folder).rglob("*"))
                 if path.suffix in (".hpp", ".cpp", ".h", ".c") and "node_modules" not in path.parts]
        for path in files:
            if self.check_placement(path):
                self.check_file(path)
        return files


def main(root):
    checker = Checker(root.resolve())
    files = checker.run()
    for problem in checker.problems:
        print(problem)
    if checker.problems:
        print(f"check_layers: {len(checker.problems)} includes or #ifs break the layers; see scripts/check_layers.py")
        return 1
    print(f"ok  layers: {len(files)} files, {len(checker.layers)} layers")
    return 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/../..")))
