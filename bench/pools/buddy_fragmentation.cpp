// What a million operations leave of a buddy allocator's free memory: a line of JSON for each level of load.

#include <cstdio>

#include <cenote/buddy/buddy_allocator.hpp>

#include "cases/buddy.hpp"

namespace cenote {
namespace {

constexpr int kOperations = 1'000'000;

/// Null when it is exhausted, as the load wants it.
class BuddyUnderLoad {
 public:
  void* allocate(std::size_t size) { return buddy.try_allocate(size).value_or(nullptr); }
  void deallocate(void* block, std::size_t) { buddy.deallocate(block); }

  BuddyAllocator buddy{{.bytes = kBuddyBytes}};
};

void measure(std::size_t percent) {
  BuddyUnderLoad pool;
  BuddyStats loaded;
  std::uint64_t refused = 0;
  {
    BuddyLoad<BuddyUnderLoad> load{pool, percent};
    for (int i = 0; i < kOperations; ++i) load.step();
    loaded = pool.buddy.stats();
    refused = load.refused();
  }
  const BuddyStats emptied = pool.buddy.stats();
  std::printf(
      R"({"load_percent": %zu, "free_mib": %.1f, "largest_free_mib": %.3f, "external_fragmentation": %.3f, "refused": %llu, "coalesced": %s})"
      "\n",
      percent, static_cast<double>(loaded.free_bytes) / (1 << 20),
      static_cast<double>(loaded.largest_free) / (1 << 20), loaded.external_fragmentation(),
      static_cast<unsigned long long>(refused), emptied.largest_free == kBuddyBytes ? "true" : "false");
}

}  // namespace
}  // namespace cenote

int main() {
  for (const std::size_t percent : {50, 80, 95}) cenote::measure(percent);
}
