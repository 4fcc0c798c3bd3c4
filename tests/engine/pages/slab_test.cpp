#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/slab.hpp>

#include "support/aborts.hpp"
#include "support/slab_of.hpp"

namespace cenote {
namespace {

using test::SlabOf;

BlockChain chain_of(const std::vector<void*>& blocks) {
  BlockChain chain;
  for (void* const block : blocks) {
    auto* const freed = static_cast<FreeBlock*>(block);
    freed->next = chain.head;
    chain.head = freed;
    if (chain.tail == nullptr) chain.tail = freed;
    ++chain.count;
  }
  return chain;
}

TEST(Slab, AFreshSlabHasNothingCutAndNothingUsed) {
  SlabOf of{48};
  EXPECT_EQ(of.slab().used(), 0U);
  EXPECT_EQ(of.slab().carved, 0U);
  EXPECT_EQ(of.slab().capacity, kUnitBytes / 48);
  of.slab().check_invariants();
}

TEST(Slab, CutBlocksAreDistinctInsideAndUsed) {
  for (std::uint8_t index = 1; index < kClassCount; ++index) {
    SlabOf of{block_bytes({index})};
    Slab& slab = of.slab();
    const std::vector<void*> blocks = of.take(slab.capacity);
    EXPECT_EQ(std::set<void*>(blocks.begin(), blocks.end()).size(), slab.capacity);
    for (void* const block : blocks) EXPECT_TRUE(slab.is_block_start(block));
    EXPECT_TRUE(slab.fully_carved());
    EXPECT_EQ(slab.used(), slab.capacity);
    slab.check_invariants();
  }
}

TEST(Slab, FurtherUnitsNameTheFirst) {
  SlabOf of{40 * 1024};
  const std::uint32_t units = of.slab().units.count;
  ASSERT_GT(units, 1U);
  for (std::uint32_t unit = 1; unit < units; ++unit) {
    EXPECT_EQ(of.unit(unit).kind, UnitKind::interior);
    EXPECT_EQ(of.unit(unit).head, &of.slab());
  }
  of.slab().close();
  for (std::uint32_t unit = 0; unit < units; ++unit) EXPECT_EQ(of.unit(unit).kind, UnitKind::unused);
}

TEST(Slab, OnlyStartsOfCutBlocksAreBlockStarts) {
  SlabOf of{48};
  const std::vector<void*> blocks = of.take(3);
  std::byte* const start = of.slab().start;
  EXPECT_TRUE(of.slab().is_block_start(start + 96));
  EXPECT_FALSE(of.slab().is_block_start(start + 144));
  for (const std::size_t offset : {1U, 16U, 47U, 49U}) EXPECT_FALSE(of.slab().is_block_start(start + offset));
}

TEST(Slab, TheLastLocalFreeOfAnEmptySlabIsTheEvent) {
  SlabOf of{64};
  const std::vector<void*> blocks = of.take(10);
  of.slab().set_used(10);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_FALSE(of.slab().push_local(blocks[i]));
  EXPECT_TRUE(of.slab().push_local(blocks[9]));
  EXPECT_EQ(of.slab().used(), 0U);
  of.slab().check_invariants();
}

TEST(Slab, TheEventComesAfterTheFreesAskedFor) {
  SlabOf of{64};
  const std::vector<void*> blocks = of.take(10);
  of.slab().expect_event_after(3);
  EXPECT_FALSE(of.slab().push_local(blocks[0]));
  EXPECT_FALSE(of.slab().push_local(blocks[1]));
  EXPECT_TRUE(of.slab().push_local(blocks[2]));
  EXPECT_EQ(of.slab().used(), 7U);
  of.slab().check_invariants();
}

TEST(Slab, TheBlockGivenBackLastIsTakenFirst) {
  SlabOf of{64};
  const std::vector<void*> blocks = of.take(4);
  for (void* const block : blocks) of.slab().push_local(block);
  EXPECT_EQ(of.slab().take_free(), blocks.back());
  EXPECT_EQ(of.slab().used(), 4U);
  EXPECT_EQ(of.slab().free, nullptr);
}

TEST(Slab, TheFirstRemotePushSaysSo) {
  SlabOf of{64};
  const std::vector<void*> blocks = of.take(6);
  EXPECT_TRUE(of.slab().push_remote(chain_of({blocks[0], blocks[1]})).first);
  EXPECT_FALSE(of.slab().push_remote(chain_of({blocks[2]})).first);
  EXPECT_EQ(of.slab().remote_count(), 3U);
  EXPECT_EQ(of.slab().used(), 6U) << "still used until collected";
  of.slab().check_invariants();
  EXPECT_EQ(of.slab().collect_remote(), 3U);
  EXPECT_EQ(of.slab().used(), 3U);
  of.slab().check_invariants();
  EXPECT_TRUE(of.slab().push_remote(chain_of({blocks[3]})).first);
}

TEST(Slab, CollectingNothingChangesNothing) {
  SlabOf of{64};
  of.take(2);
  EXPECT_EQ(of.slab().collect_remote(), 0U);
  EXPECT_EQ(of.slab().collect_remote_ordered(), 0U);
  EXPECT_EQ(of.slab().used(), 2U);
}

TEST(Slab, AWholeSlabComesHomeRemotelyInEveryClass) {
  for (std::uint8_t index = 1; index < kClassCount; ++index) {
    SlabOf of{block_bytes({index})};
    const std::vector<void*> blocks = of.take(of.slab().capacity);
    for (void* const block : blocks) of.slab().push_remote(chain_of({block}));
    EXPECT_EQ(of.slab().collect_remote(), of.slab().capacity);
    EXPECT_EQ(of.slab().used(), 0U);
    of.slab().check_invariants();
  }
}

TEST(Slab, RemotePushesOfManyThreadsAreAllCollected) {
  SlabOf of{32};
  Slab& slab = of.slab();
  const std::vector<void*> blocks = of.take(slab.capacity);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < blocks.size(); i += 4) slab.push_remote(chain_of({blocks[i]}));
    });
  }
  std::uint32_t collected = 0;
  while (collected < slab.capacity / 2) collected += slab.collect_remote();
  for (std::thread& thread : threads) thread.join();
  collected += slab.collect_remote();
  EXPECT_EQ(collected, slab.capacity);
  slab.check_invariants();
}

TEST(SlabDeathTest, ALostBlockIsNoticed) {
  SlabOf of{64};
  for (void* const block : of.take(4)) of.slab().push_local(block);
  of.slab().free = of.slab().free->next;
  EXPECT_DEATH(of.slab().check_invariants(), "lost or duplicated");
}

}  // namespace
}  // namespace cenote
