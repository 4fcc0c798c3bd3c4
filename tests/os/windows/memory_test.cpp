#include <windows.h>

#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

#include "os/windows/addresses.hpp"
#include "support/pattern.hpp"

namespace cenote::os {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

DWORD state_of(const void* address) {
  MEMORY_BASIC_INFORMATION information{};
  ::VirtualQuery(address, &information, sizeof information);
  return information.State;
}

TEST(WindowsMemory, PagesAreTheSystems) {
  SYSTEM_INFO info{};
  ::GetSystemInfo(&info);
  EXPECT_EQ(page_bytes(), info.dwPageSize);
}

TEST(WindowsMemory, AReleasedRegionIsGoneWhole) {
  for (const std::size_t alignment : {page_bytes(), kMiB, 64 * kMiB}) {
    const Region region = g_system_memory.map(kMiB + page_bytes(), alignment);
    ASSERT_TRUE(region);
    EXPECT_EQ(state_of(region.end() - 1), DWORD{MEM_COMMIT});
    g_system_memory.release(region);
    EXPECT_EQ(state_of(region.start), DWORD{MEM_FREE});
    EXPECT_EQ(state_of(region.end() - 1), DWORD{MEM_FREE});
  }
}

TEST(WindowsMemory, WhatIsReservedOrDecommittedTakesNoCommitment) {
  const Region region = g_system_memory.reserve(kMiB, page_bytes());
  EXPECT_EQ(state_of(region.start), DWORD{MEM_RESERVE});
  ASSERT_TRUE(g_system_memory.commit(region));
  EXPECT_EQ(state_of(region.start), DWORD{MEM_COMMIT});
  g_system_memory.decommit(region);
  EXPECT_EQ(state_of(region.start), DWORD{MEM_RESERVE});
  g_system_memory.release(region);
}

TEST(WindowsMemory, PartsOfARegionAreCommittedAgainWithoutHarm) {
  const Region region = g_system_memory.reserve(kMiB, page_bytes());
  ASSERT_TRUE(g_system_memory.commit({region.start, kMiB / 2}));
  test::fill_pattern(region.start, kMiB / 2, 5);
  ASSERT_TRUE(g_system_memory.commit(region));
  EXPECT_TRUE(test::holds_pattern(region.start, kMiB / 2, 5));
  EXPECT_TRUE(test::is_zero(region.start + kMiB / 2, kMiB / 2));
  g_system_memory.release(region);
}

TEST(WindowsMemory, AlignsWhileOtherThreadsTakeAddresses) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int round = 0; round < 200; ++round) {
        const Region region =
            take_addresses_by_trial(kMiB, 4 * kMiB, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        ASSERT_TRUE(region);
        EXPECT_TRUE(is_aligned(region.start, 4 * kMiB));
        region.start[region.bytes - 1] = std::byte{1};
        give_addresses(region.start);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(WindowsMemory, NothingCanBeRemapped) {
  const Region region = g_system_memory.map(kMiB, page_bytes());
  std::memset(region.start, 3, kMiB);
  EXPECT_FALSE(g_system_memory.remap(region, 2 * kMiB));
  EXPECT_EQ(region.start[kMiB - 1], std::byte{3});
  g_system_memory.release(region);
}

TEST(WindowsMemory, KeepsLastError) {
  ::SetLastError(4711);
  EXPECT_FALSE(g_system_memory.reserve(std::size_t{1} << 62, page_bytes()));
  EXPECT_FALSE(g_system_memory.purge({reinterpret_cast<std::byte*>(page_bytes()), page_bytes()}));
  const Region region = g_system_memory.map(kMiB, page_bytes());
  EXPECT_TRUE(g_system_memory.purge(region));
  static_cast<void>(g_system_memory.with_pages(PageKind::huge_2mib));
  g_system_memory.release(region);
  EXPECT_EQ(::GetLastError(), DWORD{4711});
}

// Where the user may lock memory it is large pages or nothing; elsewhere there is no such memory.
TEST(WindowsMemory, LargePagesAreWholeOrNotThere) {
  Memory* const large = g_system_memory.with_pages(PageKind::huge_2mib);
  if (large == nullptr) GTEST_SKIP() << "the user has not been granted SeLockMemoryPrivilege";
  const Region region = large->map(3 * kMiB, page_bytes());
  if (!region) GTEST_SKIP() << "the system has no large pages left";
  EXPECT_EQ(region.bytes, 4 * kMiB);
  EXPECT_TRUE(is_aligned(region.start, 2 * kMiB));
  EXPECT_TRUE(test::is_zero(region.start, region.bytes));
  EXPECT_FALSE(large->purge(region));
  large->release(region);
  EXPECT_EQ(state_of(region.start), DWORD{MEM_FREE});
}

}  // namespace
}  // namespace cenote::os
