/// What a heap knows of its blocks' states after their memory has gone back to the system.
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>

#include "engine/pages/backing.hpp"
#include "support/resident.hpp"

namespace cenote::test {
namespace {

struct Case {
  Hardening hardening;
  std::size_t block_bytes;
};

class BlockStates : public testing::TestWithParam<Case> {
 protected:
  /// Bytes of the states of 4 MiB, or more, that are resident.
  static std::size_t resident_states(const Extent& extent) {
    const std::byte* const states = reinterpret_cast<const std::byte*>(&space().state_of(extent.start));
    return resident_bytes(states, states + kExtentBytes / 16);
  }
  static std::size_t resident_states() {
    std::size_t bytes = 0;
    space().for_each_extent([&](const Extent& extent) { bytes += resident_states(extent); });
    return bytes;
  }
  static AddressSpace& space() { return g_backing.pages.space(); }

  std::vector<void*> allocate_and_free() {
    std::vector<void*> blocks((std::size_t{64} << 20) / GetParam().block_bytes);
    for (void*& block : blocks) block = heap.allocate(GetParam().block_bytes);
    states_in_use = resident_states();
    for (void* const block : blocks) heap.deallocate(block);
    return blocks;
  }

  Heap heap{{.name = "states", .hardening = GetParam().hardening}};
  std::size_t states_in_use = 0;
};

TEST_P(BlockStates, AreReturnedTogetherWithTheBlocks) {
  const std::size_t before = resident_states();
  allocate_and_free();
  EXPECT_GT(states_in_use, before);
  heap.trim();
  EXPECT_LE(resident_states(), before + (std::size_t{64} << 10));
}

TEST_P(BlockStates, AreNotNeededToTellADoubleFree) {
  const std::vector<void*> blocks = allocate_and_free();
  heap.trim();
  for (void* const block : blocks)
    ASSERT_EQ(heap.try_deallocate(block).error(), AllocError::double_free) << block;
  for (void* const block : blocks)
    ASSERT_EQ(heap.try_deallocate(static_cast<std::byte*>(block) + 16).error(), AllocError::foreign_block);
}

TEST_P(BlockStates, OfBlocksInPurgedMemoryAreThoseOfFreshOnes) {
  for (int round = 0; round < 3; ++round) {
    allocate_and_free();
    heap.trim();
  }
}

INSTANTIATE_TEST_SUITE_P(All, BlockStates,
                         testing::Values(Case{Hardening::checked, 1000}, Case{Hardening::checked, 200'000},
                                         Case{Hardening::full, 1000}, Case{Hardening::full, 200'000}));

}  // namespace
}  // namespace cenote::test
