"""The allocators that are compared, and where this machine keeps them."""

import os
import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SYSTEM = "system"
CENOTE = "cenote"

# Name -> the library to preload; the system's malloc needs none, cenote's comes from the build tree.
LIBRARIES = {
    SYSTEM: None,
    CENOTE: REPOSITORY / "build" / "release" / "lib" / "libcenote-malloc.so",
    "mimalloc": "libmimalloc.so.2",
    "jemalloc": "libjemalloc.so.2",
    "tcmalloc": "libtcmalloc_minimal.so.4",
    "tbb": "libtbbmalloc_proxy.so.2",
}
FEW = (SYSTEM, CENOTE)  # of a run that is to be short
BASES = ("mimalloc", SYSTEM)  # what ratios are quoted to, the first that is here


def find(names):
    """Name -> path of the library ("-" for none) of those of `names` that are here, and the names of those missing."""
    known = _libraries_of_the_loader()
    found, missing = {}, []
    for name in names:
        library = LIBRARIES[name]
        if name == CENOTE:
            library = pathlib.Path(os.environ.get("CENOTE_MALLOC_LIBRARY", library))
            path = str(library) if library.exists() else None
        else:
            path = "-" if library is None else known.get(library)
        if path:
            found[name] = path
        else:
            missing.append(name)
    return found, missing


def _libraries_of_the_loader():
    """Soname -> path, of all libraries that the loader finds by itself."""
    output = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    paths = {}
    for line in output.splitlines():
        name, arrow, path = line.strip().partition(" => ")
        if arrow:
            paths.setdefault(name.split(" ")[0], path)
    return paths
