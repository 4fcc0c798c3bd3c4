// A system that refuses the first call, then the second, and so on: no leak, no broken invariant.
#include <gtest/gtest.h>

#include <cenote/buddy_allocator.hpp>
#include <cenote/handlers.hpp>

#include "support/fake_memory.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

/// Makes an allocator and uses it, as far as the system lets it.
void run_workload(FakeMemory& memory) {
  Result<BuddyAllocator> made = BuddyAllocator::create({.bytes = 3 * kMiB}, memory);
  if (!made) {
    EXPECT_EQ(made.error(), AllocError::out_of_memory);
    return;
  }
  BuddyAllocator& pool = *made;
  void* const small = pool.allocate(1);
  void* const large = pool.allocate(kMiB);
  pool.deallocate(large);
  static_cast<void>(pool.trim());
  pool.check_invariants();
  void* const again = pool.allocate(2 * kMiB);
  pool.deallocate(again);
  pool.deallocate(small);
  static_cast<void>(pool.trim());
  EXPECT_EQ(pool.largest_free(), 2 * kMiB);
  pool.check_invariants();
}

TEST(BuddyOutOfMemory, EveryRefusalIsSurvivedWithoutALeak) {
  std::size_t refusals = 0;
  for (;; ++refusals) {
    FakeMemory memory;
    memory.fail_after(refusals);
    run_workload(memory);
    EXPECT_EQ(memory.held(), 0U) << "after refusal " << refusals;
    if (!memory.fired()) break;
  }
  EXPECT_GE(refusals, 4U) << "reserve, blocks, tables and a purge can be refused";
}

TEST(BuddyOutOfMemory, TheConstructorThrows) {
  FakeMemory memory;
  memory.fail_after(0);
  EXPECT_THROW((BuddyAllocator{{.bytes = kMiB}, memory}), AllocFailure);
}

TEST(BuddyOutOfMemory, AllocationAsksTheSystemForNothing) {
  FakeMemory memory;
  BuddyAllocator pool{{.bytes = kMiB}, memory};
  memory.fail_after(0);
  while (pool.try_allocate(4096)) {
  }
  EXPECT_FALSE(memory.fired());
  EXPECT_EQ(pool.stats().in_use, 256U);
  memory.reset();
  const LeakHandler before = set_leak_handler([](std::string_view, std::size_t) noexcept {});
  pool = BuddyAllocator{{.bytes = kMiB}, memory};
  set_leak_handler(before);
}

}  // namespace
}  // namespace cenote::test
