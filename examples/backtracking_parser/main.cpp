// Parses statements by trying one rule after the other. Each attempt takes a checkpoint, and a failed one
// restores it: the tree holds what succeeded, one node behind the other, and nothing else is left in the
// arena.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <cenote/cenote.hpp>

#include "parser.hpp"

namespace {

struct Case {
  std::string_view text;
  std::string_view tree;  // empty: no statement
};
constexpr Case kCases[] = {
    {"x = 1 + 2 * 3", "(= x (+ 1 (* 2 3)))"},
    {"a[i + 1][f(2)] = (b - 1) * g()", "(= ([] ([] a (+ i 1)) (f 2)) (* (- b 1) (g)))"},
    {"a[i] + max(a[0], 7)", "(+ ([] a i) (max ([] a 0) 7))"},
    {"a[i + 1] = ", ""},
    {"f(1, 2", ""},
    {"((1)", ""},
};

/// x[((((1))))] and so on: an assignment's target at first sight, and no assignment in the end.
std::string deep(int levels) {
  std::string text = "1";
  for (int i = 0; i < levels; ++i) text = i % 2 == 0 ? "x[" + text + "]" : "(" + text + " + f(" + text + "))";
  return text;
}

bool parse_all(cenote::Arena& arena) {
  bool right = true;
  for (const Case& one : kCases) {
    const cenote::Arena::Scope scope{arena};
    const std::size_t used = arena.used();
    Parser parser{arena};
    const Node* const tree = parser.parse(one.text);
    std::string printed;
    if (tree != nullptr) print(*tree, printed);
    const std::size_t nodes = tree != nullptr ? count(*tree) : 0;
    right = right && printed == one.tree && arena.used() - used == nodes * sizeof(Node);
    std::printf("%-32s %s\n", one.text.data(), tree != nullptr ? printed.c_str() : "is no statement");
  }
  return right;
}

}  // namespace

int main() {
  cenote::Arena arena{{.chunk_bytes = 4096, .name = "tree"}};
  bool right = parse_all(arena) && arena.used() == 0;

  const std::string text = deep(16);
  Parser parser{arena};
  const Node* const tree = parser.parse(text);
  const std::size_t nodes = tree != nullptr ? count(*tree) : 0;
  std::printf("%zu characters: %zu attempts, %zu given up; %zu nodes in %zu chunks\n", text.size(),
              parser.attempts(), parser.given_up(), nodes, arena.stats().chunks);
  right = right && nodes != 0 && arena.used() == nodes * sizeof(Node) && parser.given_up() > nodes;
  std::puts(right ? "what was tried in vain has left no byte behind" : "WRONG");
  return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
