/// What the system's memory does in a program that locks its memory: mlockall(MCL_FUTURE).
#include <sys/mman.h>

#include <cerrno>
#include <cstring>

#include <gtest/gtest.h>

#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

#include "support/in_child.hpp"
#include "support/pattern.hpp"
#include "support/resident.hpp"

namespace cenote::os {
namespace {

constexpr std::size_t kBytes = std::size_t{64} << 20;
constexpr int kMayNotLock = 77;

/// The result of `body` in a child that locks what it maps from now on.
template <class Body>
int in_locked_child(Body body) {
  return test::in_child([&] {
    if (::mlockall(MCL_FUTURE) != 0) return kMayNotLock;
    const Region tried = g_system_memory.reserve(kBytes, page_bytes());
    if (!tried) return kMayNotLock;  // RLIMIT_MEMLOCK
    g_system_memory.release(tried);
    return body();
  });
}

TEST(LockedMemory, ReservedPagesAreThereOnlyOnceTheyAreTouched) {
  const int result = in_locked_child([] {
    const Region region = g_system_memory.reserve(kBytes, page_bytes());
    errno = 0;
    if (!g_system_memory.commit(region) || errno != 0) return 1;
    if (test::resident_bytes(region.start, region.end()) != 0) return 2;
    std::memset(region.start, 1, 3 * page_bytes());
    return test::resident_bytes(region.start, region.end()) == 3 * page_bytes() ? 0 : 3;
  });
  if (result == kMayNotLock) GTEST_SKIP() << "this process may not lock 64 MiB of memory";
  EXPECT_EQ(result, 0);
}

TEST(LockedMemory, DecommittedPagesAreThereOnlyOnceTheyAreTouchedAgain) {
  const int result = in_locked_child([] {
    const Region region = g_system_memory.reserve(kBytes, page_bytes());
    if (!g_system_memory.commit(region)) return 1;
    std::memset(region.start, 1, 3 * page_bytes());
    errno = 0;
    g_system_memory.decommit(region);
    if (!g_system_memory.commit(region) || errno != 0) return 2;
    return test::resident_bytes(region.start, region.end()) == 0 ? 0 : 3;
  });
  if (result == kMayNotLock) GTEST_SKIP() << "this process may not lock 64 MiB of memory";
  EXPECT_EQ(result, 0);
}

// More than the pages that are locked.
TEST(LockedMemory, AnAlignmentTakesAddressesOnly) {
  const int result = in_locked_child([] {
    const std::size_t alignment = std::size_t{1} << (sizeof(void*) == 8 ? 32 : 24);
    const Region region = g_system_memory.map(page_bytes(), alignment);
    if (!region) return 1;
    return reinterpret_cast<std::uintptr_t>(region.start) % alignment == 0 ? 0 : 2;
  });
  if (result == kMayNotLock) GTEST_SKIP() << "this process may not lock 64 MiB of memory";
  EXPECT_EQ(result, 0);
}

// Also memory that the program had locked before, whose pages are all there.
TEST(LockedMemory, APurgeReturnsItsPages) {
  const int result = in_locked_child([] {
    const Region region = g_system_memory.map(kBytes, page_bytes());
    if (!region) return kMayNotLock;
    std::memset(region.start, 1, region.bytes);
    errno = 0;
    if (!g_system_memory.purge(region)) return kMayNotLock;  // before Linux 5.18
    if (errno != 0) return 1;
    if (test::resident_bytes(region.start, region.end()) != 0) return 2;
    return test::is_zero(region.start, region.bytes) ? 0 : 3;
  });
  if (result == kMayNotLock)
    GTEST_SKIP() << "this process may not lock 64 MiB, or its kernel has no MADV_DONTNEED_LOCKED";
  EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace cenote::os
