#include "pools/epoch/retired_batches.hpp"

#include <algorithm>
#include <memory>

#include <cenote/detail/epoch_record.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/regions.hpp>

namespace cenote {

// O(blocks * pools): one batch seldom has many pools.
void RetiredBatch::give_back() noexcept {
  Retired* first = blocks.data();
  Retired* const end = first + count;
  while (first != end) {
    const Retired head = *first;
    Retired* const others =
        std::partition(first, end, [&](const Retired& each) { return each.goes_with(head); });
    std::array<void*, kBlocksMax> together;
    std::transform(first, others, together.begin(), [](const Retired& each) { return each.block; });
    head.give_back(head.context, {together.data(), static_cast<std::size_t>(others - first)});
    first = others;
  }
}

}  // namespace cenote

namespace cenote::retired_batches {
namespace {

constinit os::Lock g_lock{os::LockRank::epoch_batches};
constinit os::ForkHold g_fork_hold{g_lock};
constinit os::PermanentMemory g_memory{};  // under g_lock
constinit BatchList g_idle{};              // under g_lock

[[gnu::constructor]] void take_part_in_forks() noexcept { g_fork_hold.enlist(); }

}  // namespace

RetiredBatch* take() noexcept {
  const os::LockGuard guard{g_lock};
  if (RetiredBatch* const idle = g_idle.pop_front()) return idle;
  void* const memory = g_memory.allocate(sizeof(RetiredBatch));
  return memory == nullptr ? nullptr : std::construct_at(static_cast<RetiredBatch*>(memory));
}

void put_all(BatchList& batches) noexcept {
  const os::LockGuard guard{g_lock};
  while (RetiredBatch* const batch = batches.pop_front()) g_idle.push_back(*batch);
}

}  // namespace cenote::retired_batches
