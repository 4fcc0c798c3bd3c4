// The fragmentation of a buddy allocator after a million operations (--work=SHARE: a share of them), a line
// of JSON for each level of load.

#include <cstdio>

#include <cenote/buddy_allocator.hpp>

#include "cases/buddy.hpp"
#include "effort.hpp"

namespace cenote {
namespace {

constexpr std::size_t kOperations = 1'000'000;

/// Null when it is exhausted, as the load wants it.
class BuddyUnderLoad {
 public:
  void* allocate(std::size_t size) { return buddy.try_allocate(size).value_or(nullptr); }
  void deallocate(void* block, std::size_t) { buddy.deallocate(block); }

  BuddyAllocator buddy{{.bytes = kBuddyBytes}};
};

void measure(std::size_t percent, std::size_t operations) {
  BuddyUnderLoad pool;
  BuddyStats loaded;
  std::uint64_t refused = 0;
  {
    BuddyLoad<BuddyUnderLoad> load{pool, percent};
    for (std::size_t i = 0; i < operations; ++i) load.step();
    loaded = pool.buddy.stats();
    refused = load.refused();
  }
  const BuddyStats emptied = pool.buddy.stats();
  std::printf(
      R"({"load_percent": %zu, "operations": %zu, "free_mib": %.1f, "largest_free_mib": %.3f, "external_fragmentation": %.3f, "refused": %llu, "coalesced": %s})"
      "\n",
      percent, operations, static_cast<double>(loaded.free_bytes) / (1 << 20),
      static_cast<double>(loaded.largest_free) / (1 << 20), loaded.external_fragmentation(),
      static_cast<unsigned long long>(refused), emptied.largest_free == kBuddyBytes ? "true" : "false");
}

}  // namespace
}  // namespace cenote

int main(int argc, char** argv) {
  const std::size_t operations = cenote::take_effort(argc, argv).objects(cenote::kOperations);
  for (const std::size_t percent : {50, 80, 95}) cenote::measure(percent, operations);
}
