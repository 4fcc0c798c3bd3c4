// The code on the pages docs/numa.md and docs/huge-pages.md: compiled and run here, and compared with the
// pages line by line.
#include <cstdio>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>
#include <cenote/numa_pool.hpp>
#include <cenote/topology.hpp>

#include "support/page.hpp"

namespace cenote::test {
namespace {

// As on the pages.
// clang-format off

TEST(NumaPage, ABlockLiesOnANode) {
  if (!affinity::pin_to_node(0)) GTEST_SKIP() << "no processors of node 0 for this thread";
  cenote::NumaPool frames{{.bytes_per_node = std::size_t{64} << 20, .policy = cenote::NumaPolicy::preferred, .name = "frames"}};
  cenote::affinity::pin_to_node(0).value();
  void* frame = frames.allocate(100'000);   // 128 KiB of node 0, or of the nearest node with room
  int node = frames.node_of(frame);         // the kernel's answer
  EXPECT_TRUE(numa::topology().memory_nodes().contains(node));
  frames.deallocate(frame);                 // by a thread of any node
  affinity::unpin().value();
}

struct Order {
  int id;
  double price;
};

TEST(HugePagesPage, APoolSaysWhatItGot) {
  cenote::FixedPool<Order> orders{{.capacity = 1'000'000, .pages = cenote::PageKind::huge_2mib}};
  if (orders.stats().pages == cenote::PageKind::normal) std::puts("normal pages: not enough huge ones are set aside");
  orders.deallocate(orders.allocate());
}

// clang-format on

TEST(NumaPage, ShowsTheCodeOfTheseTests) { expect_page_shows("numa.md", __FILE__, 1); }
TEST(HugePagesPage, ShowsTheCodeOfTheseTests) { expect_page_shows("huge-pages.md", __FILE__, 1); }

}  // namespace
}  // namespace cenote::test
