"""check_names.py finds a type that two files define, and leaves alone what is no second definition."""

import unittest

import check_names
from scratch_tree import ScratchTree

GOOD = {
    "include/cenote/pool/state.hpp": """
        #define BRACE {
        namespace cenote {
        // class Comment {
        enum class BlockState : std::uint8_t { never, live };
        class Later;
        template <class T> struct Box { class Inner { }; };
        template <> struct Box<int> { };
        constexpr const char* kText = "struct Text {";
        struct alignas(64) Wide final : Box<long>, Box<char> { int x = '{'; };
        }  // namespace cenote
        """,
    "src/buddy/states.hpp": """
        namespace cenote {
        class UnitState { struct Inner { }; };
        namespace { struct Wide { }; }
        namespace buddy { using Wide = UnitState; }
        class Later { };
        }  // namespace cenote
        """,
    "src/os/linux/file.cpp": "namespace cenote::os { struct File { }; }\n",
    "src/os/windows/file.cpp": "namespace cenote::os { struct File { }; }\n",
}


class CheckNames(ScratchTree):
    def found_after(self, name, text):
        """The output when one file is added to the good tree."""
        self.write({**GOOD, name: text})
        status, output = self.run_main(check_names.main, self.root)
        self.assertEqual(status, 1, f"accepted {name}: {text}")
        self.assertIn(f"{name}:1: ", output)
        return output

    def test_accepts_a_tree_in_which_each_type_is_defined_once(self):
        self.write(GOOD)
        self.assertEqual(self.run_main(check_names.main, self.root), (0, "ok  names: 7 types, each defined once\n"))

    def test_rejects_a_second_type_of_another_layer(self):
        output = self.found_after("src/slab/a.hpp", "namespace cenote { class BlockState { }; }\n")
        self.assertIn("cenote::BlockState is defined in 2 files", output)
        self.assertIn("include/cenote/pool/state.hpp:5: ", output)

    def test_rejects_types_of_any_kind(self):
        for text in ("class [[nodiscard]] Wide : Base { }", "union Wide { }", "enum Wide { a }", "using Wide = int",
                     "template <class T> concept Wide = true", "template <class T> struct alignas(8 * sizeof(T)) Wide { }"):
            self.assertIn("cenote::Wide", self.found_after("src/slab/a.cpp", f"namespace cenote {{ {text}; }}\n"))

    def test_rejects_a_second_type_in_a_nested_namespace(self):
        self.assertIn("cenote::buddy::Wide",
                      self.found_after("src/slab/a.cpp", "namespace cenote::buddy { struct Wide { }; }\n"))

    def test_rejects_a_type_of_one_platform_beside_one_of_all(self):
        self.assertIn("cenote::os::File", self.found_after("src/os/a.cpp", "namespace cenote::os { struct File { }; }\n"))


if __name__ == "__main__":
    unittest.main()
