#include <cerrno>
#include <cstdint>
#include <cstring>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

#include "support/aborts.hpp"
#include "support/pattern.hpp"
#include "support/resident.hpp"
#include "support/sizes.hpp"

namespace cenote::os {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

/// A region given back at the end of a scope.
struct Held {
  explicit Held(Region r) : region{r} {}
  ~Held() {
    if (region) g_system_memory.release(region);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  Region region;
};

TEST(SystemMemory, ReservesAlignedAddresses) {
  for (std::size_t alignment = page_bytes(); alignment <= 64 * kMiB; alignment *= 4) {
    const Held held{g_system_memory.reserve(kMiB, alignment)};
    ASSERT_TRUE(held.region);
    EXPECT_TRUE(is_aligned(held.region.start, alignment));
    EXPECT_EQ(held.region.bytes, kMiB);
  }
}

TEST(SystemMemory, RefusesWhatNoAddressSpaceHolds) {
#if !defined(__wasi__)
  EXPECT_FALSE(g_system_memory.reserve(test::kNowhereFree, page_bytes()));
#endif
  EXPECT_FALSE(g_system_memory.map(align_down(SIZE_MAX, page_bytes()), page_bytes()));
  EXPECT_FALSE(g_system_memory.map(align_down(SIZE_MAX, page_bytes()), 4 * kMiB));
}

TEST(SystemMemory, CommittedMemoryIsZeroAndWritable) {
  const Held held{g_system_memory.reserve(kMiB, page_bytes())};
  ASSERT_TRUE(g_system_memory.commit(held.region));
  EXPECT_TRUE(test::is_zero(held.region.start, kMiB));
  std::memset(held.region.start, 1, kMiB);
}

TEST(SystemMemory, PurgedMemoryStaysAccessibleAndIsZero) {
  if (!test::gives_pages_back()) GTEST_SKIP() << test::kKeepsPages;
  const Held held{g_system_memory.map(kMiB, page_bytes())};
  std::memset(held.region.start, 1, kMiB);
  ASSERT_TRUE(g_system_memory.purge({held.region.start, kMiB / 2}));
  EXPECT_TRUE(test::is_zero(held.region.start, kMiB / 2));
  EXPECT_EQ(held.region.start[kMiB / 2], std::byte{1});
}

TEST(SystemMemory, DecommittedMemoryComesBackZeroed) {
  const Held held{g_system_memory.map(kMiB, page_bytes())};
  std::memset(held.region.start, 1, kMiB);
  g_system_memory.decommit(held.region);
  ASSERT_TRUE(g_system_memory.commit(held.region));
  EXPECT_TRUE(test::is_zero(held.region.start, kMiB));
}

TEST(SystemMemoryDeathTest, ReservedAndDecommittedMemoryCannotBeTouched) {
  const Held held{g_system_memory.reserve(kMiB, page_bytes())};
  EXPECT_DEATH(*reinterpret_cast<volatile char*>(held.region.start) = 1, "");
  ASSERT_TRUE(g_system_memory.commit(held.region));
  g_system_memory.decommit(held.region);
  EXPECT_DEATH(*reinterpret_cast<volatile char*>(held.region.start) = 1, "");
}

TEST(SystemMemory, ARefusedRemapChangesNothing) {
  const Held held{g_system_memory.map(kMiB, page_bytes())};
  held.region.start[5] = std::byte{9};
  EXPECT_FALSE(g_system_memory.remap(held.region, test::kNowhereFree));
  EXPECT_EQ(held.region.start[5], std::byte{9});
}

TEST(SystemMemory, KeepsErrno) {
  errno = 4711;
  EXPECT_FALSE(g_system_memory.reserve(align_down(SIZE_MAX, page_bytes()), page_bytes()));
  const Held held{g_system_memory.map(kMiB, page_bytes())};
  g_system_memory.advise_huge(held.region);
  g_system_memory.populate(held.region);
  const bool purged = g_system_memory.purge({reinterpret_cast<std::byte*>(page_bytes()), page_bytes()});
  EXPECT_EQ(errno, 4711);
  if (purged) GTEST_SKIP() << "this system purges what is not mapped, qemu's emulation of one program";
}

}  // namespace
}  // namespace cenote::os
