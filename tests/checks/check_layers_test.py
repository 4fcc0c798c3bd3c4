"""check_layers.py accepts a tree that keeps the rules, and names each rule that is broken."""

import unittest

import check_layers
from scratch_tree import ScratchTree

LAYERS = """
cenote_layer(base)
cenote_layer(os DEPENDS base)
cenote_layer(pool DEPENDS os base)  # not heap
# cenote_layer(heap DEPENDS nothing)
cenote_layer(heap
  DEPENDS pool base)
"""

GOOD = {
    "CMakeLists.txt": LAYERS,
    "include/cenote/cenote.hpp": "#include <cenote/heap/heap.hpp>\n",
    "include/cenote/base/bits.hpp": "#include <cstddef>\n",
    "include/cenote/os/memory.hpp": "#include <cenote/base/bits.hpp>\n#if defined(__x86_64__)\n#endif\n",
    "include/cenote/pool/slab.hpp": "#include <atomic>\n#include <cenote/os/memory.hpp>\n",
    "include/cenote/heap/heap.hpp": "#include <cenote/pool/slab.hpp>\n",
    "src/os/linux/memory.cpp": "#include <sys/mman.h>\n#ifdef __linux__\n#endif\n",
    "src/pool/carve.hpp": "#ifdef CENOTE_CHECKED\n#endif\n",
    "src/pool/slab.cpp": '#include <cenote/pool/slab.hpp>\n#include "pool/carve.hpp"\n',
    "src/base/text.cpp": "#include <string>  // check_layers: allow, the standard asks for one\n",
    "cli/table.hpp": "",
    "cli/main.cpp": '#include <vector>\n#include <cenote/cenote.hpp>\n#include "table.hpp"\n',
}


class CheckLayers(ScratchTree):
    def found_after(self, name, text):
        """The output when one file is added to the good tree."""
        self.write({**GOOD, name: text})
        status, output = self.run_main(check_layers.main, self.root)
        self.assertEqual(status, 1, f"accepted {name}: {text}")
        self.assertIn(f"{name}:1: ", output)
        return output

    def test_accepts_a_tree_that_keeps_the_rules(self):
        self.write(GOOD)
        self.assertEqual(self.run_main(check_layers.main, self.root),
                         (0, f"ok  layers: {len(GOOD) - 1} files, 4 layers\n"))

    def test_leaves_installed_packages_alone(self):
        self.write({**GOOD, "wasm/node_modules/peer/a.hpp": "#ifdef __APPLE__\n#endif\n"})
        self.assertEqual(self.run_main(check_layers.main, self.root)[0], 0)

    def test_rejects_an_upward_include(self):
        output = self.found_after("src/pool/up.cpp", "#include <cenote/heap/heap.hpp>\n")
        self.assertIn("layer pool may not include heap", output)

    def test_rejects_a_lower_layer_that_is_not_declared(self):
        self.assertIn("heap may not include os", self.found_after("src/heap/a.cpp", "#include <cenote/os/memory.hpp>\n"))

    def test_rejects_an_upward_private_include(self):
        self.assertIn("base may not include pool", self.found_after("src/base/a.cpp", '#include "pool/carve.hpp"\n'))

    def test_rejects_a_private_include_from_a_public_header(self):
        self.assertIn("only <cenote/...>", self.found_after("include/cenote/pool/a.hpp", '#include "pool/carve.hpp"\n'))

    def test_rejects_what_does_not_exist(self):
        self.assertIn("does not exist", self.found_after("src/pool/a.cpp", "#include <cenote/pool/gone.hpp>\n"))
        self.assertIn("exists neither", self.found_after("src/pool/a.cpp", '#include "gone.hpp"\n'))

    def test_rejects_the_umbrella_below_the_edges(self):
        self.assertIn("umbrella", self.found_after("src/heap/a.cpp", "#include <cenote/cenote.hpp>\n"))

    def test_rejects_headers_that_allocate_below_the_edges(self):
        for header in ("vector", "string", "iostream", "functional", "thread"):
            self.assertIn("below the edges", self.found_after("src/pool/a.cpp", f"#include <{header}>\n"))

    def test_rejects_an_exception_without_a_reason(self):
        self.found_after("src/pool/a.cpp", "#include <vector>  // check_layers: allow\n")

    def test_rejects_the_system_outside_os(self):
        self.assertIn("one door", self.found_after("src/pool/a.cpp", "#include <sys/mman.h>\n"))
        self.assertIn("__linux__", self.found_after("src/heap/a.cpp", "#if defined(__linux__) && 1\n#endif\n"))
        self.assertIn("_WIN32", self.found_after("shim/a.cpp", "#ifndef _WIN32\n#endif\n"))

    def test_rejects_a_folder_that_is_no_layer(self):
        self.write({**GOOD, "src/util/a.cpp": ""})
        status, output = self.run_main(check_layers.main, self.root)
        self.assertEqual(status, 1)
        self.assertIn("no cenote_layer(util)", output)


if __name__ == "__main__":
    unittest.main()
