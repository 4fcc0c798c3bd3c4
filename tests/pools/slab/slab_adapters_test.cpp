#include <map>
#include <memory_resource>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/pmr_resource.hpp>
#include <cenote/slab_allocator.hpp>
#include <cenote/stl_allocator.hpp>

#include "support/misuse_recorder.hpp"

namespace cenote::test {
namespace {

TEST(SlabAdapters, ServesPolymorphicContainers) {
  MisuseRecorder misuse;
  SlabAllocator slabs;
  {
    PmrResource resource{slabs};
    std::pmr::map<int, std::pmr::string> words{&resource};
    for (int i = 0; i < 2000; ++i) words.emplace(i, std::string(static_cast<std::size_t>(i) % 300, 'x'));
    for (int i = 0; i < 2000; i += 2) words.erase(i);
    EXPECT_EQ(words.at(1001).size(), 101U);
    slabs.check_invariants();
    EXPECT_GE(slabs.stats().blocks_in_use, 1000U);
  }
  EXPECT_EQ(slabs.stats().blocks_in_use, 0U);
  EXPECT_TRUE(misuse.take().empty());
}

TEST(SlabAdapters, ServesNodesAndArraysOfTheStandardLibrary) {
  MisuseRecorder misuse;
  SlabAllocator slabs;
  {
    using Allocator = StlAllocator<std::pair<const int, int>, SlabAllocator>;
    std::map<int, int, std::less<>, Allocator> numbers{Allocator{slabs}};
    std::vector<int, StlAllocator<int, SlabAllocator>> growing{StlAllocator<int, SlabAllocator>{slabs}};
    for (int i = 0; i < 5000; ++i) {
      numbers[i] = i;
      growing.push_back(i);
    }
    EXPECT_EQ(numbers.size(), growing.size());
    slabs.check_invariants();
  }
  EXPECT_EQ(slabs.stats().allocations, slabs.stats().deallocations);
  EXPECT_TRUE(misuse.take().empty());
}

}  // namespace
}  // namespace cenote::test
