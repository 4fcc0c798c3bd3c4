#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/slab.hpp>

#include "support/fake_memory.hpp"
#include "support/resident.hpp"
#include "support/slab_of.hpp"

namespace cenote::test {
namespace {

constexpr unsigned char kMark = 0xA7;

/// A slab all of whose blocks are in use and marked, in pages of the system.
class SlabPurge : public testing::TestWithParam<std::size_t> {
 protected:
  SlabPurge() : of{GetParam()}, blocks{of.take(of.slab().capacity)} {
    for (void* const block : blocks) mark(block);
    std::sort(blocks.begin(), blocks.end());
  }

  Slab& slab() { return of.slab(); }
  void mark(void* block) { std::memset(block, kMark, slab().block_bytes); }
  bool is_marked(const void* block) {
    const auto* const bytes = static_cast<const unsigned char*>(block);
    return std::all_of(bytes, bytes + slab().block_bytes, [](unsigned char byte) { return byte == kMark; });
  }
  void free_all_but(const std::set<void*>& kept) {
    for (void* const block : blocks) {
      if (!kept.contains(block)) slab().push_local(block);
    }
  }
  /// All blocks that are not in use, taken.
  std::vector<void*> take_rest() {
    std::vector<void*> taken;
    for (FreeBlock* b = slab().take_free(); b != nullptr; b = b->next) taken.push_back(b);
    while (!slab().fully_carved()) {
      for (FreeBlock* b = slab().carve_before_free(16); b != nullptr; b = b->next) taken.push_back(b);
    }
    return taken;
  }
  std::size_t resident() {
    return resident_bytes(slab().start, slab().start + slab().capacity * slab().block_bytes);
  }

  SlabOf of;
  std::vector<void*> blocks;
  FakeMemory memory;
};

TEST_P(SlabPurge, GivesBackWhatIsNotInUse) {
  free_all_but({blocks.front()});
  const std::size_t before = resident();
  const std::size_t bytes = slab().purge_free_parts(memory);
  slab().check_invariants();
  EXPECT_EQ(before - resident(), bytes);
  // What stays are the pages of the block in use, and a page that a block cut by a page's end has in part.
  EXPECT_LE(resident(), std::max<std::size_t>(slab().block_bytes, os::page_bytes()) + 2 * os::page_bytes());
  EXPECT_TRUE(is_marked(blocks.front()));
}

TEST_P(SlabPurge, LeavesEveryBlockInUseAlone) {
  for (std::size_t step = 2; step <= blocks.size(); step = step * 3 / 2 + 1) {
    std::set<void*> kept;
    for (std::size_t i = step / 2; i < blocks.size(); i += step) kept.insert(blocks[i]);
    free_all_but(kept);
    slab().purge_free_parts(memory);
    slab().check_invariants();
    EXPECT_EQ(slab().used(), kept.size());
    for (const void* const block : kept) ASSERT_TRUE(is_marked(block)) << "one in " << step;
    for (void* const block : take_rest()) mark(block);
  }
}

TEST_P(SlabPurge, HasEachBlockOnceAgainAfterwards) {
  const std::set<void*> kept{blocks[blocks.size() / 2]};
  free_all_but(kept);
  slab().purge_free_parts(memory);
  std::vector<void*> all = take_rest();
  EXPECT_EQ(slab().used(), slab().capacity);
  all.push_back(*kept.begin());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, blocks);
  slab().check_invariants();
}

TEST_P(SlabPurge, FindsNothingMoreASecondTime) {
  free_all_but({blocks.back()});
  slab().purge_free_parts(memory);
  const std::size_t calls = memory.calls.purge;
  EXPECT_EQ(slab().purge_free_parts(memory), 0U);
  EXPECT_EQ(memory.calls.purge, calls);
}

TEST_P(SlabPurge, FindsNothingInAFullSlab) {
  EXPECT_EQ(slab().purge_free_parts(memory), 0U);
  EXPECT_EQ(memory.calls.purge, 0U);
}

TEST_P(SlabPurge, LosesNothingWhenTheSystemRefuses) {
  memory.refuse_purge = true;
  free_all_but({blocks.front()});
  EXPECT_EQ(slab().purge_free_parts(memory), 0U);
  slab().check_invariants();
  EXPECT_EQ(take_rest().size(), slab().capacity - 1U);
}

TEST_P(SlabPurge, KeepsTheEventThatIsDue) {
  const std::set<void*> kept{blocks[0], blocks[1]};
  free_all_but(kept);
  slab().expect_event_after(1);
  slab().purge_free_parts(memory);
  EXPECT_TRUE(slab().push_local(blocks[0]));
  EXPECT_EQ(slab().used(), 1U);
}

TEST_P(SlabPurge, PromisesNoZerosInPagesThatWereUsed) {
  free_all_but({blocks.front()});
  slab().purge_free_parts(memory);
  if (!slab().fully_carved()) {
    EXPECT_FALSE(slab().cuts_zeros());
  }
}

BlockChain chain_of(const std::vector<void*>& blocks) {
  BlockChain chain{static_cast<FreeBlock*>(blocks.front()), static_cast<FreeBlock*>(blocks.back()),
                   static_cast<std::uint32_t>(blocks.size())};
  for (std::size_t i = 1; i < blocks.size(); ++i)
    static_cast<FreeBlock*>(blocks[i - 1])->next = static_cast<FreeBlock*>(blocks[i]);
  return chain;
}

TEST_P(SlabPurge, EmptiesASlabWithoutItsOwnerWhenAllBlocksAreRemote) {
  EXPECT_TRUE(slab().push_remote(chain_of(blocks)).all);
  ASSERT_TRUE(slab().claim_all_remote());
  EXPECT_EQ(slab().collect_remote(), 0U) << "its owner has to wait";
  ASSERT_TRUE(slab().purge_claimed(memory));
  EXPECT_EQ(resident(), 0U);
  EXPECT_FALSE(slab().claim_all_remote()) << "once is enough";
  EXPECT_EQ(slab().collect_remote(), slab().capacity);
  EXPECT_EQ(slab().used(), 0U);
  EXPECT_TRUE(slab().cuts_zeros());
  slab().check_invariants();
  EXPECT_EQ(take_rest().size(), slab().capacity);
}

TEST_P(SlabPurge, LeavesASlabToItsOwnerWhenTheSystemRefuses) {
  memory.refuse_purge = true;
  slab().push_remote(chain_of(blocks));
  ASSERT_TRUE(slab().claim_all_remote());
  EXPECT_FALSE(slab().purge_claimed(memory));
  EXPECT_EQ(slab().collect_remote(), slab().capacity);
  slab().check_invariants();
}

TEST_P(SlabPurge, ClaimsNoSlabWithABlockInUse) {
  slab().push_remote(chain_of({blocks.begin() + 1, blocks.end()}));
  EXPECT_FALSE(slab().claim_all_remote());
  EXPECT_EQ(slab().collect_remote(), slab().capacity - 1U);
}

TEST(SlabPurgeOfAYoungSlab, LeavesThePageThatIsBeingCutAlone) {
  SlabOf of{256};
  const std::vector<void*> blocks = of.take(24);  // a page and a half
  for (void* const block : blocks) of.slab().push_local(block);
  FakeMemory memory;
  of.slab().purge_free_parts(memory);
  of.slab().check_invariants();
  EXPECT_EQ(of.slab().carved, 24 - os::page_bytes() / 256 * (os::page_bytes() <= 4096 ? 1 : 0));
  EXPECT_EQ(of.take(of.slab().capacity).size(), of.slab().capacity);
}

INSTANTIATE_TEST_SUITE_P(BlockBytes, SlabPurge,
                         testing::Values(16, 48, 64, 112, 256, 496, 512, 640, 1024, 1792, 2048, 3072, 3584,
                                         4096, 5120, 7168, 8192, 10240, 14336, 20480, 28672, 40960, 65536),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace cenote::test
