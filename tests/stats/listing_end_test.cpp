/// No open entry of the list reads memory that its pool releases: at the end of every kind of pool, and when
/// an arena goes back.
#include <cstdint>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>
#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/concurrent_arena.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/fixed_pool.hpp>
#include <cenote/movable_pool.hpp>
#include <cenote/slab_allocator.hpp>

#include "engine/pages/backing.hpp"
#include "stats/peek.hpp"

namespace cenote::stats {
namespace {

/// Tells whether one of the addresses that are read lies in a region.
class RegionPeek final : public Peek {
 public:
  explicit RegionPeek(os::Region region) noexcept : region_{region} {}
  bool copy(const void* address, void* to, std::size_t bytes) const noexcept override {
    const std::uintptr_t first = address_of(address), start = address_of(region_.start);
    if (first < start + region_.bytes && first + bytes > start) read_ = true;
    return LocalPeek{}.copy(address, to, bytes);
  }
  bool has_read() const noexcept { return read_; }

 private:
  os::Region region_;
  mutable bool read_ = false;
};

/// The system's memory. At each release it reads the whole list, and counts entries that read what is about
/// to be released.
class WatchingMemory final : public os::Memory {
 public:
  os::Region reserve(std::size_t bytes, std::size_t alignment) noexcept override {
    return system_.reserve(bytes, alignment);
  }
  bool commit(os::Region region) noexcept override { return system_.commit(region); }
  bool purge(os::Region region) noexcept override { return system_.purge(region); }
  void decommit(os::Region region) noexcept override {
    look(region);
    system_.decommit(region);
  }
  void release(os::Region region) noexcept override {
    ++releases;
    look(region);
    system_.release(region);
  }
  os::Region map(std::size_t bytes, std::size_t alignment) noexcept override {
    return system_.map(bytes, alignment);
  }
  os::Region remap(os::Region region, std::size_t bytes) noexcept override {
    return system_.remap(region, bytes);
  }
  bool populate(os::Region region) noexcept override { return system_.populate(region); }
  void advise_huge(os::Region region) noexcept override { system_.advise_huge(region); }

  int releases = 0;
  int dangling = 0;

 private:
  void look(os::Region region) noexcept {
    RegionPeek peek{region};
    for_each_listing(
        [](void* context, const Listing& listing) {
          Account account;
          static_cast<void>(read_listing(listing, *static_cast<RegionPeek*>(context), account));
        },
        &peek);
    if (peek.has_read()) ++dangling;
  }

  os::SystemMemory& system_ = os::g_system_memory;
};

class ListingEnd : public testing::Test {
 protected:
  ~ListingEnd() override {
    EXPECT_GT(memory_.releases, 0);
    EXPECT_EQ(memory_.dangling, 0) << "an entry reads memory that is being released";
  }

  template <class Pool>
  void use_fixed(PoolOptions options) {
    for (const bool pass_through : {false, true}) {
      options.pass_through = pass_through;
      Pool pool{options, memory_};
      const auto block = pool.allocate();
      pool.deallocate(block);
      pool.trim();
    }
  }

  WatchingMemory memory_;
};

TEST_F(ListingEnd, OfFixedPools) {
  const PoolOptions options{.capacity = 100, .capacity_max = 1000, .name = "listing end"};
  use_fixed<FixedPool<long, SingleThread>>(options);
  use_fixed<FixedPool<long, Locked>>(options);
  use_fixed<FixedPool<long, LockFree>>(options);
  use_fixed<FixedPool<long, ThreadCached>>(options);
  use_fixed<BlockPool<>>({.block_size = 40, .capacity = 100, .name = "listing end"});
}

TEST_F(ListingEnd, OfArenas) {
  const ArenaOptions options{.chunk_bytes = 4096, .name = "listing end"};
  for (int i = 0; i < 2; ++i) {
    Arena arena{options, memory_};
    const Checkpoint before = arena.checkpoint();
    static_cast<void>(arena.allocate(std::size_t{1} << 16));
    arena.restore(before);
    static_cast<void>(arena.allocate(std::size_t{1} << 16));
    arena.reset();
    arena.trim();
    Arena moved{std::move(arena)};
    static_cast<void>(moved.allocate(std::size_t{1} << 16));
  }
  ConcurrentArena shared{options, memory_};
  static_cast<void>(shared.allocate(std::size_t{1} << 16));
  shared.reset();
  shared.trim();
  static_cast<void>(shared.allocate(100));
}

TEST_F(ListingEnd, OfBuddyAndMovablePools) {
  for (const bool pass_through : {false, true}) {
    BuddyAllocator pool{{.bytes = 1 << 20, .name = "listing end", .pass_through = pass_through}, memory_};
    pool.deallocate(pool.allocate(5000));
  }
  MovablePool<long> pool{{.capacity = 10, .capacity_max = 10'000, .name = "listing end"}, memory_};
  static_cast<void>(pool.make());
  pool.compact();
}

TEST_F(ListingEnd, OfSlabAllocators) {
  os::Memory& before = g_backing.pages.exchange_memory(memory_);
  for (const bool pass_through : {false, true}) {
    SlabAllocator pool{{.name = "listing end", .pass_through = pass_through}};
    pool.deallocate(pool.allocate(100));
    pool.trim();
  }
  g_backing.pages.exchange_memory(before);
}

/// Takes an arena back to a checkpoint after the n-th word has been read, as the arena's thread may at any
/// time.
class RestoringPeek final : public Peek {
 public:
  RestoringPeek(Arena& arena, const Checkpoint& checkpoint, int after) noexcept
      : arena_{arena}, checkpoint_{checkpoint}, left_{after} {}
  bool copy(const void* address, void* to, std::size_t bytes) const noexcept override {
    const bool copied = LocalPeek{}.copy(address, to, bytes);
    if (--left_ == 0) arena_.restore(checkpoint_);
    return copied;
  }
  bool has_restored() const noexcept { return left_ <= 0; }

 private:
  Arena& arena_;
  const Checkpoint& checkpoint_;
  mutable int left_;
};

TEST(ListingOfAnArena, IsReadWhileItRestoresAfterAnyWord) {
  for (int after = 1;; ++after) {
    Arena arena{{.chunk_bytes = 4096, .name = "listing restores"}};
    const Checkpoint before = arena.checkpoint();
    static_cast<void>(
        arena.allocate(std::size_t{16} << 10));  // in a chunk of its own, which the restore releases
    const RestoringPeek peek{arena, before, after};
    for_each_listing(
        [](void* context, const Listing& listing) {
          if (std::string_view{listing.name} != "listing restores") return;
          Account account;
          EXPECT_TRUE(read_listing(listing, *static_cast<const RestoringPeek*>(context), account));
        },
        const_cast<RestoringPeek*>(&peek));
    if (!peek.has_restored()) break;
  }
}

}  // namespace
}  // namespace cenote::stats
