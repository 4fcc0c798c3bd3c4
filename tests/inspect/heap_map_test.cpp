#include "inspect/heap_map.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/heap.hpp>
#include <cenote/slab_allocator.hpp>
#include <cenote/stats.hpp>

#include "engine/pages/backing.hpp"

namespace cenote::inspect {
namespace {

using What = MapRun::What;

const stats::LocalPeek kPeek;

HeapView view() { return {kPeek, g_heap_anchor, &stats::g_listings}; }

HeapMap map_now() {
  std::optional<HeapMap> map = heap_map(view());
  EXPECT_TRUE(map.has_value());
  return std::move(map).value_or(HeapMap{});
}

/// What one holder has, run by run.
std::vector<MapRun> runs_of(const HeapMap& map, std::string_view name) {
  std::vector<MapRun> runs;
  for (const MapExtent& extent : map.extents) {
    for (const MapRun& run : extent.runs) {
      const bool is_used = run.what == What::slab || run.what == What::large;
      if (is_used && map.holders[run.holder].name == name) runs.push_back(run);
    }
  }
  return runs;
}

std::size_t blocks_that_are(const SlabMap& slab, BlockUse use) {
  return static_cast<std::size_t>(std::ranges::count(slab.blocks, use));
}

SlabMap slab_with(const void* block) {
  std::optional<SlabMap> slab = slab_map(view(), address_of(block));
  EXPECT_TRUE(slab.has_value());
  return std::move(slab).value_or(SlabMap{});
}

BlockUse use_of(const void* block) {
  const SlabMap slab = slab_with(block);
  return slab.blocks.at((address_of(block) - slab.address) / slab.block_bytes);
}

TEST(HeapMap, EveryExtentIsCoveredByItsRuns) {
  Heap heap{{.name = "map cover"}};
  void* const small = heap.allocate(100);
  void* const large = heap.allocate(300'000);
  const HeapMap map = map_now();
  ASSERT_FALSE(map.extents.empty());
  EXPECT_FALSE(map.is_cut_short);
  for (const MapExtent& extent : map.extents) {
    EXPECT_TRUE(is_aligned(reinterpret_cast<const void*>(extent.address), kExtentBytes));
    std::uint32_t next = 0;
    for (const MapRun& run : extent.runs) {
      EXPECT_EQ(run.first, next);
      EXPECT_NE(run.what, What::unknown);
      next += run.units;
    }
    EXPECT_EQ(next, kUnitsPerExtent);
  }
  heap.deallocate(small);
  heap.deallocate(large);
}

TEST(HeapMap, LiveBlocksAreCountedToTheByteBySize) {
  Heap heap{{.name = "map sizes"}};
  std::vector<void*> blocks;
  std::map<std::size_t, std::size_t> expected, found;
  for (const std::size_t size : {16U, 100U, 1000U, 5000U, 40'000U, 100'000U, 600'000U}) {
    for (int i = 0; i < 20; ++i) {
      blocks.push_back(heap.allocate(size));
      ++expected[heap.usable_size(blocks.back())];
    }
  }
  for (const MapRun& run : runs_of(map_now(), "map sizes")) found[run.block_bytes] += run.live;
  EXPECT_EQ(found, expected);
  for (void* const block : blocks) heap.deallocate(block);
}

TEST(HeapMap, AgreesWithTheSnapshot) {
  Heap heap{{.name = "map agrees"}};
  std::vector<void*> blocks(3000);
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = heap.allocate(16 + i * 7919 % 20'000);
  for (std::size_t i = 0; i < blocks.size(); i += 3) heap.deallocate(blocks[i]);
  std::uint64_t live = 0, count = 0;
  for (const MapRun& run : runs_of(map_now(), "map agrees")) live += run.live_bytes(), count += run.live;
  const stats::Snapshot now = stats::snapshot();
  const auto account = std::ranges::find_if(
      now.pools, [](const stats::Account& pool) { return std::string_view{pool.name} == "map agrees"; });
  ASSERT_NE(account, now.pools.end());
  EXPECT_EQ(live, (*account)[stats::Figure::live]);
  EXPECT_EQ(count, (*account)[stats::Figure::blocks_in_use]);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i % 3 != 0) heap.deallocate(blocks[i]);
  }
}

TEST(HeapMap, HugeBlocksAreBesideTheExtents) {
  Heap heap{{.name = "map huge"}};
  void* const huge = heap.allocate(3'000'000);
  const HeapMap map = map_now();
  const auto found = std::ranges::find(map.huge, address_of(huge), &MapHuge::address);
  ASSERT_NE(found, map.huge.end());
  EXPECT_EQ(found->bytes, heap.usable_size(huge));
  EXPECT_EQ(map.holders[found->holder].name, "map huge");
  EXPECT_EQ(map.holders[found->holder].kind, stats::Kind::heap);
  heap.deallocate(huge);
}

TEST(HeapMap, FreeUnitsAreDirtyUntilTheyArePurged) {
  Heap heap{{.name = "map purge"}};
  void* const block = heap.allocate(500'000);
  heap.deallocate(block);
  const auto run_there = [&] {
    for (const MapExtent& extent : map_now().extents) {
      for (const MapRun& run : extent.runs) {
        const std::uintptr_t start = extent.address + (std::uintptr_t{run.first} << kUnitShift);
        if (address_of(block) - start < (std::size_t{run.units} << kUnitShift)) return run.what;
      }
    }
    return What::unknown;
  };
  EXPECT_EQ(run_there(), What::dirty);
  heap.trim();
  EXPECT_EQ(run_there(), What::untouched);
}

TEST(HeapMap, JoinedMapsKeepTheirHolders) {
  HeapMap map{.holders = {{.name = "a"}}, .extents = {{.address = 1, .runs = {{.what = What::slab}}}}};
  join(map, map);
  ASSERT_EQ(map.holders.size(), 2U);
  ASSERT_EQ(map.extents.size(), 2U);
  EXPECT_EQ(map.extents[0].runs[0].holder, 0U);
  EXPECT_EQ(map.extents[1].runs[0].holder, 1U);
}

TEST(SlabMap, EachBlockIsLiveFreeCachedOrNotCutYet) {
  Heap heap{{.name = "slab blocks"}};
  std::vector<void*> blocks(50);
  for (void*& block : blocks) block = heap.allocate(1000);
  heap.deallocate(blocks[7]);
  const SlabMap slab = slab_with(blocks[0]);
  EXPECT_EQ(slab.holder.name, "slab blocks");
  EXPECT_EQ(slab.block_bytes, heap.usable_size(blocks[0]));
  EXPECT_FALSE(slab.is_orphan);
  EXPECT_EQ(blocks_that_are(slab, BlockUse::live), 49U);
  EXPECT_EQ(use_of(blocks[7]), BlockUse::free);
  EXPECT_EQ(use_of(blocks[8]), BlockUse::live);
  for (const MapRun& run : runs_of(map_now(), "slab blocks")) {
    EXPECT_EQ(blocks_that_are(slab, BlockUse::cached), run.cached);
    EXPECT_EQ(blocks_that_are(slab, BlockUse::uncarved), run.capacity - run.carved);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i != 7) heap.deallocate(blocks[i]);
  }
}

TEST(SlabMap, BlocksInPurgedPagesAreToBeCutAgain) {
  Heap heap{{.name = "slab purged"}};
  const std::size_t count = 64 * 1024 / 256;
  std::vector<void*> blocks(count);
  for (void*& block : blocks) block = heap.allocate(256);
  for (std::size_t i = 1; i < count; ++i) heap.deallocate(blocks[i]);
  heap.trim();
  const SlabMap slab = slab_with(blocks[0]);
  EXPECT_EQ(use_of(blocks[0]), BlockUse::live);
  EXPECT_EQ(blocks_that_are(slab, BlockUse::live), 1U);
  const std::size_t in_the_page = std::min<std::size_t>(count, os::page_bytes() / 256);
  EXPECT_EQ(blocks_that_are(slab, BlockUse::uncarved), count - in_the_page);
  heap.deallocate(blocks[0]);
}

TEST(SlabMap, AnyAddressInsideFindsIt) {
  Heap heap{{.name = "slab inside"}};
  void* const block = heap.allocate(30'000);  // its slab has several units
  const SlabMap slab = slab_with(block);
  EXPECT_GT(slab.units, 1U);
  const auto last = slab_map(view(), slab.address + (std::uintptr_t{slab.units} << kUnitShift) - 1);
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->address, slab.address);
  heap.deallocate(block);
}

TEST(SlabMap, WhatIsNoSlabIsNone) {
  int on_the_stack = 0;
  EXPECT_FALSE(slab_map(view(), address_of(&on_the_stack)).has_value());
  EXPECT_FALSE(slab_map(view(), 0).has_value());
  EXPECT_FALSE(slab_map(view(), ~std::uintptr_t{0}).has_value());
  EXPECT_FALSE(slab_map(view(), address_of(g_backing.pages.space().first().base())).has_value());
}

TEST(SlabMap, BlocksThatOthersFreedAreOnTheirWayHome) {
  Heap heap{{.name = "slab remote"}};
  std::vector<void*> blocks(40);
  for (void*& block : blocks) block = heap.allocate(100);
  std::atomic<bool> freed{false}, may_end{false};
  std::thread other{[&] {
    for (std::size_t i = 0; i < blocks.size(); i += 2) heap.deallocate(blocks[i]);
    freed = true;
    freed.notify_one();
    may_end.wait(false);
  }};
  freed.wait(false);
  const SlabMap slab = slab_with(blocks[0]);
  EXPECT_EQ(blocks_that_are(slab, BlockUse::remote), 20U);
  EXPECT_EQ(blocks_that_are(slab, BlockUse::live), 20U);
  EXPECT_EQ(use_of(blocks[2]), BlockUse::remote);
  EXPECT_EQ(use_of(blocks[3]), BlockUse::live);
  may_end = true;
  may_end.notify_one();
  other.join();
  for (std::size_t i = 1; i < blocks.size(); i += 2) heap.deallocate(blocks[i]);
}

TEST(SlabMap, SlabsOfEndedThreadsAreOrphans) {
  Heap heap{{.name = "slab orphan"}};
  void* block = nullptr;
  std::thread{[&] { block = heap.allocate(100); }}.join();
  EXPECT_TRUE(slab_with(block).is_orphan);
  for (const MapRun& run : runs_of(map_now(), "slab orphan")) EXPECT_TRUE(run.is_orphan);
  heap.deallocate(block);
}

TEST(SlabMap, QuarantinedBlocksOfAFullHeapAreTold) {
  Heap heap{{.name = "slab quarantine", .hardening = Hardening::full}};
  void* const freed = heap.allocate(100);
  void* const kept = heap.allocate(100);
  heap.deallocate(freed);
  EXPECT_EQ(use_of(freed), BlockUse::quarantined);
  EXPECT_EQ(use_of(kept), BlockUse::live);
  heap.deallocate(kept);
}

TEST(SlabMap, SlabAllocatorsAreReadToo) {
  SlabAllocator slabs{{.name = "slab allocator"}};
  std::vector<void*> blocks(30);
  for (void*& block : blocks) block = slabs.allocate(8);
  slabs.deallocate(blocks[3]);
  const SlabMap slab = slab_with(blocks[0]);
  EXPECT_EQ(slab.holder.name, "slab allocator");
  EXPECT_EQ(slab.holder.kind, stats::Kind::slab_allocator);
  EXPECT_EQ(blocks_that_are(slab, BlockUse::live), 29U);
  EXPECT_EQ(use_of(blocks[3]), BlockUse::free);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i != 3) slabs.deallocate(blocks[i]);
  }
}

TEST(SlabMap, ALargeBlockIsOneBlock) {
  Heap heap{{.name = "slab large"}};
  void* const block = heap.allocate(200'000);
  const SlabMap slab = slab_with(block);
  EXPECT_EQ(slab.address, address_of(block));
  EXPECT_EQ(slab.blocks, std::vector{BlockUse::live});
  heap.deallocate(block);
}

// What is read while others write may be out of date, never out of range.
TEST(HeapMap, IsDrawnWhileThreadsGoOn) {
  Heap heap{{.name = "map load"}};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      std::vector<void*> mine(200);
      while (!stop.load(std::memory_order_relaxed)) {
        for (std::size_t i = 0; i < mine.size(); ++i) mine[i] = heap.allocate(10 + i * 137);
        for (void* const block : mine) heap.deallocate(block);
      }
    });
  }
  for (int i = 0; i < 100; ++i) {
    const HeapMap map = map_now();
    for (const MapExtent& extent : map.extents) {
      std::uint32_t units = 0;
      for (const MapRun& run : extent.runs) {
        units += run.units;
        ASSERT_LE(run.live + run.cached, run.carved);
        if (run.what != What::slab) continue;
        const auto slab = slab_map(view(), extent.address + (std::uintptr_t{run.first} << kUnitShift));
        if (slab) {
          ASSERT_LE(slab->blocks.size(), 8192U);
        }
      }
      ASSERT_EQ(units, kUnitsPerExtent);
    }
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace cenote::inspect
