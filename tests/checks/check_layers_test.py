"""check_layers.py accepts a tree that keeps the rules, and names each rule that is broken."""

import unittest

import check_layers
from scratch_tree import ScratchTree

LAYERS = """
cenote_layer(base HEADERS detail/bits.hpp)
cenote_layer(os HEADERS memory_source.hpp DEPENDS base)
cenote_layer(engine/pages HEADERS detail/slab.hpp DEPENDS os base)  # not heap
# cenote_layer(heap DEPENDS nothing)
cenote_layer(heap
  HEADERS heap.hpp
  DEPENDS engine/pages base)
cenote_layer(inspect DEPENDS heap base)
"""

GOOD = {
    "CMakeLists.txt": LAYERS,
    "include/cenote/cenote.hpp": "#include <cenote/heap.hpp>\n",
    "include/cenote/detail/bits.hpp": "#include <cstddef>\n",
    "include/cenote/memory_source.hpp": "#include <cenote/detail/bits.hpp>\n#if defined(__x86_64__)\n#endif\n",
    "include/cenote/detail/slab.hpp": "#include <atomic>\n#include <cenote/memory_source.hpp>\n",
    "include/cenote/heap.hpp": "#include <cenote/detail/slab.hpp>\n",
    "src/os/linux/memory.cpp": "#include <sys/mman.h>\n#ifdef __linux__\n#endif\n",
    "src/engine/pages/carve.hpp": "#ifdef CENOTE_CHECKED\n#endif\n",
    "src/engine/pages/slab.cpp": '#include <cenote/detail/slab.hpp>\n#include "engine/pages/carve.hpp"\n',
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
                         (0, f"ok  layers: {len(GOOD) - 1} files, 5 layers\n"))

    def test_leaves_installed_packages_alone(self):
        self.write({**GOOD, "wasm/node_modules/peer/a.hpp": "#ifdef __APPLE__\n#endif\n"})
        self.assertEqual(self.run_main(check_layers.main, self.root)[0], 0)

    def test_rejects_an_upward_include(self):
        output = self.found_after("src/engine/pages/up.cpp", "#include <cenote/heap.hpp>\n")
        self.assertIn("layer engine/pages may not include heap", output)

    def test_rejects_a_lower_layer_that_is_not_declared(self):
        self.assertIn("heap may not include os", self.found_after("src/heap/a.cpp", "#include <cenote/memory_source.hpp>\n"))

    def test_reads_headers_of_c(self):
        listed = LAYERS.replace("HEADERS memory_source.hpp", "HEADERS memory_source.hpp cenote.h")
        name = "include/cenote/cenote.h"
        self.write({**GOOD, "CMakeLists.txt": listed, name: "#include <cenote/heap.hpp>\n"})
        self.assertIn(f"{name}:1: layer os may not include heap", self.run_main(check_layers.main, self.root)[1])
        self.write({"CMakeLists.txt": LAYERS})
        self.assertIn(f"{name}: no cenote_layer()", self.run_main(check_layers.main, self.root)[1])

    def test_rejects_an_upward_private_include(self):
        self.assertIn("base may not include engine/pages", self.found_after("src/base/a.cpp", '#include "engine/pages/carve.hpp"\n'))

    def test_rejects_a_private_include_from_a_public_header(self):
        self.assertIn("only <cenote/...>", self.found_after("include/cenote/detail/slab.hpp", '#include "engine/pages/carve.hpp"\n'))

    def test_rejects_what_does_not_exist(self):
        self.assertIn("does not exist", self.found_after("src/engine/pages/a.cpp", "#include <cenote/gone.hpp>\n"))
        self.assertIn("exists neither", self.found_after("src/engine/pages/a.cpp", '#include "gone.hpp"\n'))

    def test_rejects_the_umbrella_below_the_edges(self):
        self.assertIn("umbrella", self.found_after("src/heap/a.cpp", "#include <cenote/cenote.hpp>\n"))

    def test_rejects_headers_that_allocate_below_the_edges(self):
        for header in ("vector", "string", "iostream", "functional", "thread"):
            self.assertIn("below the edges", self.found_after("src/engine/pages/a.cpp", f"#include <{header}>\n"))

    def test_rejects_an_exception_without_a_reason(self):
        self.found_after("src/engine/pages/a.cpp", "#include <vector>  // check_layers: allow\n")

    def test_rejects_the_system_outside_os(self):
        self.assertIn("one door", self.found_after("src/engine/pages/a.cpp", "#include <sys/mman.h>\n"))
        self.assertIn("__linux__", self.found_after("src/heap/a.cpp", "#if defined(__linux__) && 1\n#endif\n"))
        self.assertIn("_WIN32", self.found_after("src/malloc/a.cpp", "#ifndef _WIN32\n#endif\n"))

    def test_rejects_a_folder_that_is_no_layer(self):
        self.write({**GOOD, "src/util/a.cpp": ""})
        status, output = self.run_main(check_layers.main, self.root)
        self.assertEqual(status, 1)
        self.assertIn("no cenote_layer(util)", output)

    def test_rejects_a_public_header_that_no_layer_lists(self):
        self.write({**GOOD, "include/cenote/detail/a.hpp": ""})
        status, output = self.run_main(check_layers.main, self.root)
        self.assertEqual(status, 1)
        self.assertIn("include/cenote/detail/a.hpp: no cenote_layer() in CMakeLists.txt lists this header", output)


if __name__ == "__main__":
    unittest.main()
