/// Pools of nodes where `ulimit -v` leaves few addresses.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>

#include <gtest/gtest.h>

#include <cenote/detail/system.hpp>
#include <cenote/heap.hpp>
#include <cenote/node_allocator.hpp>

#include "support/address_limit.hpp"

// Both need more addresses than these limits leave.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace cenote::test {
namespace {

/// A node of a size that no other test uses.
template <std::size_t kBytes>
struct Node {
  std::byte bytes[kBytes];
};

/// Has the process's heap take its addresses.
void let_heap_reserve() {
  Heap& heap = Heap::process();
  heap.deallocate(heap.allocate(600));
}

/// The process has no more than `more` bytes of addresses above those in use.
void leave_addresses(std::size_t more) {
  std::size_t pages = 0;
  if (std::FILE* const file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%zu", &pages) != 1) std::_Exit(2);
    std::fclose(file);
  }
  limit_addresses(pages * os::page_bytes() + more);
}

template <std::size_t kBytes>
bool list_works(std::size_t elements) {
  std::list<Node<kBytes>, NodeAllocator<Node<kBytes>>> list;
  for (std::size_t i = 0; i < elements; ++i) std::memset(&list.emplace_back(), static_cast<int>(i), kBytes);
  for (const Node<kBytes>& each : list) {
    if (each.bytes[0] != each.bytes[kBytes - 1]) return false;
  }
  return list.size() == elements;
}

/// Nodes of such a list that their pool has room for now.
template <std::size_t kBytes>
std::size_t nodes_pooled() {
  constexpr std::size_t kLinks = 2 * sizeof(void*);
  const auto* const pool = detail::NodePoolFor<kBytes + kLinks, alignof(void*)>::find();
  return pool == nullptr ? 0 : pool->capacity();
}

TEST(NodeAllocatorLimitsDeathTest, FewAddressesMakeASmallerPool) {
  if (!address_limits_hold()) GTEST_SKIP() << "this system keeps no limit on addresses";
  EXPECT_EXIT(
      {
        let_heap_reserve();  // so that a sixty-fourth of the limit is more than what is left
        leave_addresses(std::size_t{256} << 20);
        const bool works = list_works<504>(1000) && list_works<520>(1000) && list_works<536>(1000);
        std::_Exit(works && nodes_pooled<504>() >= 1000 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(NodeAllocatorLimitsDeathTest, WithoutAnyAddressesTheHeapServes) {
  if (!address_limits_hold()) GTEST_SKIP() << "this system keeps no limit on addresses";
  EXPECT_EXIT(
      {
        let_heap_reserve();
        leave_addresses(0);
        const bool works = list_works<568>(1000);
        std::_Exit(works && nodes_pooled<568>() == 0 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace cenote::test

#endif
