/// Which slab the next block comes from, and which slabs stay.
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/slab_allocator.hpp>

#include "support/sizes.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kSize = 1024;
constexpr std::size_t kPerSlab = kUnitBytes / kSize;

const SlabClassStats& class_of(const SlabStats& stats, std::size_t size) {
  return *std::find_if(stats.classes.begin(), stats.classes.end(),
                       [&](const SlabClassStats& c) { return c.size == size; });
}

/// The blocks of some full slabs, by slab. The last is the current one.
class Slabs {
 public:
  explicit Slabs(std::size_t count, const SlabOptions& options = {}) : slabs{options} {
    for (std::size_t i = 0; i < count * kPerSlab; ++i) {
      void* const block = slabs.allocate(kSize);
      note(block);
      if (i % kPerSlab == 0) units.push_back(unit_of(block));
    }
  }
  ~Slabs() {
    for (auto& [unit, blocks] : by_unit_) {
      for (void* const block : blocks) slabs.deallocate(block);
    }
  }
  static std::uintptr_t unit_of(const void* block) { return address_of(block) >> kUnitShift; }

  /// Frees `count` blocks of the slab.
  void free(std::size_t slab, std::size_t count) {
    std::vector<void*>& blocks = by_unit_[units[slab]];
    for (std::size_t i = 0; i < count; ++i) {
      slabs.deallocate(blocks.back());
      blocks.pop_back();
    }
    slabs.check_invariants();
  }
  /// The slab that the next block comes from; `units.size()`: a fresh one.
  std::size_t next() {
    void* const block = slabs.allocate(kSize);
    note(block);
    return static_cast<std::size_t>(std::find(units.begin(), units.end(), unit_of(block)) - units.begin());
  }

  SlabAllocator slabs;
  std::vector<std::uintptr_t> units;

 private:
  void note(void* block) { by_unit_[unit_of(block)].push_back(block); }
  std::map<std::uintptr_t, std::vector<void*>> by_unit_;
};

TEST(SlabDensity, TheFullestSlabGivesTheNextBlock) {
  for (const std::vector<std::size_t>& order : {std::vector<std::size_t>{0, 1, 2}, {2, 1, 0}, {1, 2, 0}}) {
    Slabs of{4};
    const std::size_t frees[] = {30, 5, 1};
    for (const std::size_t slab : order) of.free(slab, frees[slab]);
    EXPECT_EQ(of.next(), 2U);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(of.next(), 1U) << i;
    for (int i = 0; i < 30; ++i) EXPECT_EQ(of.next(), 0U) << i;
    EXPECT_EQ(of.next(), 4U) << "all are full";
  }
}

TEST(SlabDensity, OneBlockMoreDecides) {
  Slabs of{3};
  of.free(0, 2);
  of.free(1, 2);
  of.free(0, 1);
  EXPECT_EQ(of.next(), 1U);
}

TEST(SlabDensity, TheCurrentSlabIsUsedUpBeforeItIsLeft) {
  Slabs of{3};
  of.free(1, 10);
  of.free(0, 9);
  EXPECT_EQ(of.next(), 0U);
  of.free(0, 20);
  for (int i = 0; i < 28; ++i) EXPECT_EQ(of.next(), 0U) << i;
  EXPECT_EQ(of.next(), 1U);
}

TEST(SlabDensity, OneEmptySlabStaysByDefault) {
  Slabs of{4};
  for (const std::size_t slab : {0U, 1U, 2U}) of.free(slab, kPerSlab);
  const SlabStats stats = of.slabs.stats();
  EXPECT_EQ(class_of(stats, kSize).slabs_empty, 1U);
  EXPECT_EQ(class_of(stats, kSize).slabs_full, 1U);
  EXPECT_EQ(stats.bytes_held, 2 * kUnitBytes);
}

TEST(SlabDensity, EmptySlabsStayUpToTheirBound) {
  for (const std::size_t bound : {0U, 1U, 2U, 3U, 10U}) {
    Slabs of{5, {.empty_slabs_max = bound}};
    of.slabs.trim();  // what other tests left
    for (const std::size_t slab : {3U, 0U, 4U, 1U, 2U}) {
      of.free(slab, kPerSlab);
      EXPECT_LE(class_of(of.slabs.stats(), kSize).slabs_empty, bound);
    }
    EXPECT_EQ(class_of(of.slabs.stats(), kSize).slabs_empty, std::min<std::size_t>(bound, 5));
    EXPECT_EQ(of.slabs.trim(), 5 * kUnitBytes);  // those that were released at once were not purged yet
    EXPECT_EQ(of.slabs.stats().bytes_held, 0U);
    EXPECT_EQ(of.slabs.trim(), 0U);
  }
}

TEST(SlabDensity, EachClassKeepsItsOwnEmptySlab) {
  SlabAllocator slabs;
  for (const std::size_t size : {16U, 64U, 512U}) slabs.deallocate(slabs.allocate(size));
  EXPECT_EQ(slabs.stats().slabs_empty, 3U);
  EXPECT_EQ(slabs.stats().bytes_held, 3 * kUnitBytes);
}

TEST(SlabDensity, SparseSlabsBecomeEmptyWhereDenseOnesAreFirst) {
  // Half of all blocks go, three of four in the first half of the slabs and one of four in the rest; new ones
  // fill the dense slabs.
  constexpr std::size_t kSlabs = 40;
  Slabs of{kSlabs};
  for (std::size_t slab = 0; slab < kSlabs; ++slab)
    of.free(slab, slab < kSlabs / 2 ? kPerSlab * 3 / 4 : kPerSlab / 4);
  for (std::size_t i = 0; i < kSlabs / 2 * kPerSlab / 4; ++i) EXPECT_GE(of.next(), kSlabs / 2);
  EXPECT_GE(class_of(of.slabs.stats(), kSize).slabs_full, kSlabs / 2);
}

TEST(SlabStats, CountsAddUp) {
  SlabAllocator slabs{{.limit_bytes = 64 * kMiB, .name = "counted"}};
  std::vector<void*> blocks;
  for (const std::size_t size : edge_sizes()) blocks.push_back(slabs.allocate(size));
  for (std::size_t i = 0; i < blocks.size(); i += 3) slabs.deallocate(blocks[i]);
  EXPECT_FALSE(slabs.try_allocate(0));
  const SlabStats stats = slabs.stats();
  SlabUsage sum;
  std::uint64_t allocations = 0;
  for (const SlabClassStats& c : stats.classes) {
    EXPECT_EQ(c.bytes_in_use, c.blocks_in_use * c.size);
    EXPECT_GE(c.bytes_in_use, c.bytes_requested);
    EXPECT_GE(c.bytes_of_slabs, c.bytes_in_use);
    EXPECT_GE(c.allocations, c.blocks_in_use);
    EXPECT_GE(c.internal_fragmentation, 0.0);
    EXPECT_LE(c.internal_fragmentation, 1.0);
    EXPECT_GE(c.external_fragmentation, 0.0);
    EXPECT_LE(c.external_fragmentation, 1.0);
    EXPECT_LE(c.slabs_empty, 1U);
    sum.blocks_in_use += c.blocks_in_use;
    sum.bytes_in_use += c.bytes_in_use;
    sum.bytes_requested += c.bytes_requested;
    sum.bytes_of_slabs += c.bytes_of_slabs;
    sum.slabs_full += c.slabs_full;
    sum.slabs_partial += c.slabs_partial;
    allocations += c.allocations;
  }
  EXPECT_EQ(stats.blocks_in_use, sum.blocks_in_use);
  EXPECT_EQ(stats.bytes_in_use, sum.bytes_in_use);
  EXPECT_EQ(stats.bytes_requested, sum.bytes_requested);
  EXPECT_EQ(stats.bytes_of_slabs, sum.bytes_of_slabs);
  EXPECT_EQ(stats.slabs_full, sum.slabs_full);
  EXPECT_EQ(stats.slabs_partial, sum.slabs_partial);
  EXPECT_EQ(stats.bytes_held, stats.bytes_of_slabs + stats.large_bytes);
  EXPECT_EQ(stats.allocations, blocks.size());
  EXPECT_EQ(stats.deallocations, (blocks.size() + 2) / 3);
  EXPECT_EQ(stats.blocks_in_use + stats.large_blocks, stats.allocations - stats.deallocations);
  EXPECT_GE(stats.allocations, allocations);
  EXPECT_EQ(stats.failures, 1U);
  EXPECT_EQ(stats.limit_bytes, 64 * kMiB);
  EXPECT_EQ(stats.name, "counted");
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i % 3 != 0) slabs.deallocate(blocks[i]);
  }
}

TEST(SlabStats, InternalFragmentationIsTheShareOfBlocksThatNobodyAskedFor) {
  SlabAllocator slabs;
  std::vector<void*> blocks;
  for (int i = 0; i < 100; ++i) blocks.push_back(slabs.allocate(50));
  EXPECT_DOUBLE_EQ(slabs.stats().internal_fragmentation, 1.0 - 50.0 / 64.0);
  for (int i = 0; i < 50; ++i) slabs.deallocate(blocks[static_cast<std::size_t>(i)]);
  for (int i = 0; i < 50; ++i) blocks[static_cast<std::size_t>(i)] = slabs.allocate(64);
  EXPECT_DOUBLE_EQ(slabs.stats().internal_fragmentation, 1.0 - (50.0 * 50 + 50 * 64) / 6400.0);
  for (void* const block : blocks) slabs.deallocate(block);
  EXPECT_DOUBLE_EQ(slabs.stats().internal_fragmentation, 0.0);
  void* const large_class = slabs.allocate(20 * kKiB, 8);
  EXPECT_DOUBLE_EQ(slabs.stats().internal_fragmentation, 0.0);
  slabs.deallocate(large_class);
}

TEST(SlabStats, ExternalFragmentationIsTheShareOfSlabsWithoutABlockInUse) {
  Slabs of{2};
  EXPECT_DOUBLE_EQ(of.slabs.stats().external_fragmentation, 0.0);
  of.free(0, kPerSlab / 2);
  EXPECT_DOUBLE_EQ(of.slabs.stats().external_fragmentation, 0.25);
  of.free(0, kPerSlab / 2);
  EXPECT_DOUBLE_EQ(of.slabs.stats().external_fragmentation, 0.5);
  of.slabs.trim();
  EXPECT_DOUBLE_EQ(of.slabs.stats().external_fragmentation, 0.0);
}

}  // namespace
}  // namespace cenote::test
