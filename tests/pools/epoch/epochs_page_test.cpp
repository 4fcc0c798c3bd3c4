/// The code on docs/epochs.md.
#include <atomic>
#include <cstdint>
#include <memory>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

#include "support/page.hpp"

namespace cenote::test {
namespace {

struct Node {
  std::uint64_t value;
};

// clang-format off
FixedPool<Node> nodes{{.capacity = 1000}};
EpochDomain domain{{.name = "orders"}};

std::uint64_t read(const std::atomic<Node*>& place) {
  const auto guard = domain.enter();
  return place.load(std::memory_order_acquire)->value;  // stays until the guard ends
}

void replace(std::atomic<Node*>& place, std::uint64_t value) {
  Node* const fresh = std::construct_at(nodes.allocate(), value);
  Node* const old = place.exchange(fresh, std::memory_order_acq_rel);
  domain.retire(nodes, old);  // destroyed, and given back to `nodes`, when no guard can see it
}
// clang-format on

TEST(EpochsPage, ShowsWhatRuns) {
  std::atomic<Node*> place{std::construct_at(nodes.allocate(), 1U)};
  replace(place, 2);
  EXPECT_EQ(read(place), 2U);
  domain.synchronize();
  EXPECT_EQ(nodes.in_use(), 1U);
  domain.retire(nodes, place.exchange(nullptr));
  expect_page_shows("epochs.md", __FILE__, 1);
}

}  // namespace
}  // namespace cenote::test
