/// Freed large and huge blocks of a heap with Hardening::full: nobody can touch them, and they hold no
/// memory.
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>

#include "support/resident.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kLarge = 500'000, kHuge = 3'000'000;

class FencedBlocks : public testing::TestWithParam<std::size_t> {
 protected:
  char* allocate_filled() {
    return static_cast<char*>(std::memset(heap.allocate(GetParam()), 1, GetParam()));
  }

  Heap heap{{.name = "fenced", .hardening = Hardening::full}};
};
using FencedBlocksDeathTest = FencedBlocks;

// Any death will do: a sanitizer turns the signal into a report and an exit status.
TEST_P(FencedBlocksDeathTest, ATouchAfterTheFreeFaults) {
  auto* const block = static_cast<volatile char*>(allocate_filled());
  heap.deallocate(const_cast<char*>(block));
  EXPECT_DEATH(block[0] = 1, "");
  EXPECT_DEATH(block[GetParam() - 1] = 1, "");
  EXPECT_DEATH(static_cast<void>(block[GetParam() / 2]), "");
}

TEST_P(FencedBlocks, HoldNoPages) {
  char* const block = allocate_filled();
  EXPECT_GE(resident_bytes(block, block + GetParam()), GetParam());
  heap.deallocate(block);
  EXPECT_EQ(resident_bytes(block, block + GetParam()), 0U);
}

TEST_P(FencedBlocks, AreUsedAgainOnceTheyHaveWaited) {
  std::vector<char*> blocks(20);
  for (int round = 0; round < 5; ++round) {
    for (char*& block : blocks) block = allocate_filled();
    for (char* const block : blocks) heap.deallocate(block);
  }
  EXPECT_EQ(heap.try_deallocate(blocks.back()).error(), AllocError::double_free);
  heap.trim();
  EXPECT_EQ(heap.stats().bytes_held, 0U);
}

TEST_P(FencedBlocks, CountForTheLimitOnlyAsLongAsThereIsRoom) {
  heap.set_limit(4 * kHuge);
  for (int i = 0; i < 100; ++i) {
    void* const block = heap.allocate(GetParam());
    ASSERT_NE(block, nullptr) << i;
    heap.deallocate(block);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, FencedBlocks, testing::Values(kLarge, kHuge));
INSTANTIATE_TEST_SUITE_P(Sizes, FencedBlocksDeathTest, testing::Values(kLarge, kHuge));

}  // namespace
}  // namespace cenote::test
