/// Which pages back a pool, by the kernel's account of each mapping. Reserved huge pages are there on the
/// emulated machines only.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>
#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/fixed_pool.hpp>
#include <cenote/heap.hpp>
#include <cenote/numa_pool.hpp>
#include <cenote/slab_allocator.hpp>

namespace cenote::test {
namespace {

constexpr std::size_t kHuge = std::size_t{2} << 20;

/// A field of the mapping that an address lies in, in bytes; 0 when unknown.
std::size_t field_of_mapping_at(const void* address, const std::string& field) {
  std::ifstream maps{"/proc/self/smaps"};
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long from = 0, to = 0, kib = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) inside = wanted >= from && wanted < to;
    if (inside && line.starts_with(field + ':')) {
      std::sscanf(line.c_str() + field.size() + 1, "%lu", &kib);
      return kib * 1024;
    }
  }
  return 0;
}

std::size_t page_bytes_at(const void* address) { return field_of_mapping_at(address, "KernelPageSize"); }

std::size_t free_huge_pages() {
  std::ifstream file{"/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"};
  std::size_t pages = 0;
  file >> pages;
  return pages;
}

class HugePages : public testing::Test {
 protected:
  void SetUp() override {
    before = free_huge_pages();
    if (before < 16) GTEST_SKIP() << "fewer than 16 huge pages are set aside here (vm.nr_hugepages)";
  }
  void TearDown() override { EXPECT_EQ(free_huge_pages(), before) << "a pool has kept some"; }
  std::size_t before = 0;
};

TEST_F(HugePages, BackAFixedPoolOfEachPolicy) {
  const auto check = [](auto pool) {
    EXPECT_EQ(pool.stats().pages, PageKind::huge_2mib);
    std::vector<Block> blocks;
    for (int i = 0; i < 1000; ++i) {
      blocks.push_back(pool.allocate());
      std::memset(blocks.back().data(), 1, blocks.back().size());
    }
    EXPECT_EQ(page_bytes_at(blocks.front().data()), kHuge);
    EXPECT_EQ(page_bytes_at(blocks.back().data()), kHuge);
    for (const Block block : blocks) pool.deallocate(block);
    pool.trim();
  };
  const PoolOptions options{.block_size = 4096, .capacity = 1000, .pages = PageKind::huge_2mib};
  check(BlockPool<SingleThread>{options});
  check(BlockPool<Locked>{options});
  check(BlockPool<LockFree>{options});
  check(BlockPool<ThreadCached>{options});
}

TEST_F(HugePages, BackABuddyAllocator) {
  BuddyAllocator buddy{{.bytes = 4 * kHuge, .pages = PageKind::huge_2mib}};
  EXPECT_EQ(buddy.stats().pages, PageKind::huge_2mib);
  void* const block = buddy.allocate(kHuge);
  std::memset(block, 1, kHuge);
  EXPECT_EQ(page_bytes_at(block), kHuge);
  buddy.deallocate(block);
  EXPECT_EQ(buddy.trim() % kHuge, 0U);
  void* const zeroed = buddy.allocate(kHuge);
  EXPECT_EQ(zeroed, block);
  buddy.deallocate(zeroed);
}

TEST_F(HugePages, BackANumaPoolOnItsNodes) {
  NumaPool pool{{.bytes_per_node = kHuge, .pages = PageKind::huge_2mib}};
  EXPECT_EQ(pool.stats().pages, PageKind::huge_2mib);
  void* const block = pool.allocate(100'000);
  std::memset(block, 1, 100'000);
  EXPECT_EQ(page_bytes_at(block), kHuge);
  EXPECT_EQ(pool.node_of(block), numa::current_node());
  pool.deallocate(block);
}

TEST_F(HugePages, BackTheChunksOfAnArena) {
  Arena arena{{.pages = PageKind::huge_2mib}};
  for (const Scrub scrub : {Scrub::none, Scrub::zero, Scrub::decommit}) {
    auto* const small = static_cast<std::byte*>(arena.allocate(100));
    auto* const large = static_cast<std::byte*>(arena.allocate(5 * kHuge / 2));
    std::memset(small, 1, 100);
    std::memset(large, 1, 5 * kHuge / 2);
    EXPECT_EQ(arena.stats().pages, PageKind::huge_2mib);
    EXPECT_EQ(page_bytes_at(small), kHuge);
    EXPECT_EQ(page_bytes_at(large), kHuge);
    arena.reset(scrub);
    if (scrub != Scrub::none) {
      EXPECT_EQ(small[99] | large[0] | large[5 * kHuge / 2 - 1], std::byte{0});
    }
  }
}

TEST_F(HugePages, BackAHeapAndASlabAllocator) {
  for (const PageKind kind : {PageKind::huge_2mib, PageKind::huge_1gib}) {
    Heap heap{{.pages = kind}};
    SlabAllocator slabs{{.pages = kind}};
    std::vector<void*> blocks;
    for (int i = 0; i < 40; ++i) {  // an extent of normal pages, which holds tables too, may come first
      for (const std::size_t size : {std::size_t{100}, std::size_t{100'000}}) {
        std::memset(heap.allocate(size), 1, size);
        blocks.push_back(slabs.allocate(size));
        std::memset(blocks.back(), 1, size);
      }
    }
    EXPECT_EQ(heap.stats().pages, PageKind::huge_2mib);
    EXPECT_EQ(slabs.stats().pages, PageKind::huge_2mib);
    EXPECT_EQ(page_bytes_at(heap.allocate(100'000)), kHuge);
    blocks.push_back(slabs.allocate(100'000));
    EXPECT_EQ(page_bytes_at(blocks.back()), kHuge);
    for (void* const block : blocks) slabs.deallocate(block);
    slabs.trim();
    heap.trim();
    before = free_huge_pages();  // heaps share their pages and keep them
  }
}

TEST_F(HugePages, BackAHugeBlockThatFillsThem) {
  std::size_t held = 0;
  {
    Heap heap{{.pages = PageKind::huge_2mib}};
    void* const block = heap.allocate(3 * kHuge);
    std::memset(block, 1, 3 * kHuge);
    EXPECT_EQ(page_bytes_at(block), kHuge);
    void* const odd = heap.allocate(kHuge + 4096);
    EXPECT_LT(page_bytes_at(odd), kHuge) << "half of it would be wasted";
    void* const grown = heap.reallocate(block, 5 * kHuge);
    EXPECT_EQ(static_cast<std::byte*>(grown)[3 * kHuge - 1], std::byte{1});
    held = free_huge_pages();
    EXPECT_LT(held, before);
    heap.deallocate(grown);
    heap.trim();
  }
  EXPECT_EQ(free_huge_pages(), before);
}

/// Bytes of transparent huge pages in the mapping of an address.
std::size_t merged_bytes_at(const void* address) { return field_of_mapping_at(address, "AnonHugePages"); }

TEST(TransparentHugePages, AreMergedByPrefaultWhateverTheSystemDoesByItself) {
  const os::Region probe = os::g_system_memory.map(2 * kHuge, kHuge);
  std::memset(probe.start, 1, probe.bytes);
  os::g_system_memory.collapse(probe);
  const bool can_merge = merged_bytes_at(probe.start) >= kHuge;
  os::g_system_memory.release(probe);
  if (!can_merge) GTEST_SKIP() << "this kernel merges no pages on demand (Linux 6.1), or has none whole";
  const std::size_t blocks = 1024;
  BlockPool<SingleThread> pool{
      {.block_size = 16 * 1024, .capacity = blocks, .pages = PageKind::transparent_huge, .prefault = true}};
  const Block first = pool.allocate();
  EXPECT_GE(merged_bytes_at(first.data()), blocks * 16 * 1024 - 2 * kHuge);
  pool.deallocate(first);
}

TEST_F(HugePages, ThatAreNotThereAreReplacedByNormalOnes) {
  const std::size_t more = (before + 1) * kHuge;
  FixedPool<int> fixed{{.capacity = more / sizeof(int), .pages = PageKind::huge_2mib}};
  EXPECT_EQ(fixed.stats().pages, PageKind::normal);
  BuddyAllocator buddy{{.bytes = more, .pages = PageKind::huge_2mib}};
  EXPECT_EQ(buddy.stats().pages, PageKind::normal);
  int* const object = fixed.allocate();
  *object = 1;
  EXPECT_LT(page_bytes_at(object), kHuge);
  fixed.deallocate(object);
}

TEST(HugePagesMissing, NeverAreFatal) {
  for (const PageKind kind : {PageKind::huge_2mib, PageKind::huge_1gib}) {
    FixedPool<int> pool{{.capacity = 100'000, .pages = kind}};
    int* const object = pool.allocate();
    *object = 1;
    EXPECT_TRUE(pool.stats().pages == kind || pool.stats().pages == PageKind::normal);
    pool.deallocate(object);
  }
}

}  // namespace
}  // namespace cenote::test
