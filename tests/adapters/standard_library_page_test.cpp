// The code on the page docs/standard-library.md: compiled and run here, and compared with the page line by
// line.
#include <functional>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

#include "support/page.hpp"

namespace cenote::test {
namespace {

// As on the page.
// clang-format off

TEST(StandardLibraryPage, PmrResource) {
  Heap heap{{.name = "parser"}};
  PmrResource resource{heap};
  std::pmr::vector<std::pmr::string> words{&resource};
  words.emplace_back("its buffer, and this string's, come from the heap `parser`");
  EXPECT_TRUE(heap.owns(words.data()) && heap.owns(words.front().data()));
}

TEST(StandardLibraryPage, StlAllocator) {
  Heap heap{{.name = "parser"}};
  std::vector<int, StlAllocator<int, Heap>> numbers{heap};
  numbers.assign({1, 2, 3});
  const auto shared = std::allocate_shared<std::string>(StlAllocator<std::string, Heap>{heap}, "object and counts in one block");
  EXPECT_TRUE(heap.owns(numbers.data()) && heap.owns(shared.get()));
}

TEST(StandardLibraryPage, NodeAllocator) {
  std::map<int, std::string, std::less<>, NodeAllocator<std::pair<const int, std::string>>> names;
  names.emplace(1, "one");
  const auto shared = std::allocate_shared<std::string>(NodeAllocator<std::string>{}, "object and counts in one block");
  NodeAllocator<int>::trim();
  EXPECT_EQ(names.at(1), "one");
  EXPECT_EQ(shared->front(), 'o');
}

// clang-format on

TEST(StandardLibraryPage, ShowsTheCodeOfTheseTests) { expect_page_shows("standard-library.md", __FILE__, 3); }

}  // namespace
}  // namespace cenote::test
