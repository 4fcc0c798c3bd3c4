#include "pools/numa/numa_core.hpp"

#include <memory>
#include <new>

#include <cenote/detail/system.hpp>

#include "base/text.hpp"

namespace cenote {
namespace {

constexpr std::size_t kPartsOffset = align_up(sizeof(NumaCore), alignof(NumaPart));

os::Region core_region(std::byte* start) noexcept {
  return {start, align_up(kPartsOffset + os::kNodesMax * sizeof(NumaPart), os::page_bytes())};
}

os::Placement placement_of(NumaPolicy policy) noexcept {
  return policy == NumaPolicy::local_only ? os::Placement::strict : os::Placement::preferred;
}

}  // namespace

// --- life --------------------------------------------------------------------------------------------------

Result<NumaCore*> NumaCore::create(const NumaOptions& options, os::Numa& numa) noexcept {
  if (options.bytes_per_node == 0) return AllocError::bad_option;
  const os::Region memory = os::g_system_memory.map(core_region(nullptr).bytes, os::page_bytes());
  if (!memory) return AllocError::out_of_memory;
  auto* const core = ::new (memory.start) NumaCore{options, numa};
  if (const AllocError error = core->open_parts(options); error != AllocError{}) {
    destroy(*core);
    return error;
  }
  core->learn_distances();
  core->listed_.open(stats::Kind::numa_pool, core->name_,
                     NumaPart::gauges(core->parts().data(), core->parts().size())
                         .add(stats::Gauge::of(stats::Figure::failures, core->failures_)));
  return core;
}

NumaCore::NumaCore(const NumaOptions& options, os::Numa& numa) noexcept
    : numa_{&numa}, policy_{options.policy} {
  text::copy(options.name, name_);
}

void NumaCore::destroy(NumaCore& core) noexcept {
  core.listed_.close();
  for (NumaPart& part : core.parts()) std::destroy_at(&part);
  const os::Region memory = core_region(reinterpret_cast<std::byte*>(&core));
  std::destroy_at(&core);
  os::g_system_memory.release(memory);
}

AllocError NumaCore::open_parts(const NumaOptions& options) noexcept {
  const os::NodeSet nodes = numa_->allowed_nodes() & numa_->topology().memory_nodes();
  if (nodes.empty()) return AllocError::unsupported;
  for (int node = nodes.first(); node >= 0; node = nodes.next(node)) {
    if (policy_ == NumaPolicy::local_only && numa_->free_bytes(node) < options.bytes_per_node)
      return AllocError::out_of_memory;
    NumaPart* const part =
        std::construct_at(parts().data() + part_count_++, *numa_, node, placement_of(policy_));
    const BuddyOptions blocks{.bytes = options.bytes_per_node,
                              .block_min = kBlockMin,
                              .pages = options.pages,
                              .name = options.name};
    if (const AllocError error = part->open(blocks, learns()); error != AllocError{}) return error;
  }
  return {};
}

void NumaCore::learn_distances() noexcept {
  const Topology& machine = numa_->topology();
  std::array<int, os::kNodesMax> room{};
  for (int node = 0; node < os::kNodesMax; ++node) {
    std::size_t place = 0;
    for (const int other : machine.by_distance(node, room)) {
      if (const NumaPart* const part = part_on(other))
        threads_of(node).order[place++] = static_cast<std::uint8_t>(part - parts().data());
    }
  }
}

// --- parts -------------------------------------------------------------------------------------------------

std::span<NumaPart> NumaCore::parts() const noexcept {
  const auto start = reinterpret_cast<std::uintptr_t>(this) + kPartsOffset;
  return {reinterpret_cast<NumaPart*>(start), part_count_};
}

NumaPart* NumaCore::part_of(const void* address) const noexcept {
  for (NumaPart& part : parts()) {
    if (part.owns(address)) return &part;
  }
  return nullptr;
}

NumaPart* NumaCore::part_on(int node) const noexcept {
  for (NumaPart& part : parts()) {
    if (part.node() == node) return &part;
  }
  return nullptr;
}

int NumaCore::here() const noexcept {
  const int node = numa_->current_node();
  return os::NodeSet::is_node(node) ? node : 0;
}

// --- allocation --------------------------------------------------------------------------------------------

Result<void*> NumaCore::allocate(std::size_t size, std::size_t alignment) noexcept {
  const int user = here();
  const Result<void*> block = policy_ == NumaPolicy::interleaved ? allocate_in_turns(size, alignment, user)
                                                                 : allocate_nearest(size, alignment, user);
  if (!block) failures_.fetch_add(1, std::memory_order_relaxed);
  return block;
}

Result<void*> NumaCore::allocate_nearest(std::size_t size, std::size_t alignment, int user) noexcept {
  const Threads& threads = threads_of(user);
  if (policy_ == NumaPolicy::local_only) {
    NumaPart& nearest = parts()[threads.order[0]];
    return nearest.node() == user ? nearest.allocate(size, alignment, user)
                                  : Result<void*>{AllocError::exhausted};
  }
  if (const int steered = threads.served_from.load(std::memory_order_relaxed); steered >= 0) {
    const Result<void*> block = parts()[static_cast<std::size_t>(steered)].allocate(size, alignment, user);
    if (block || block.error() != AllocError::exhausted) return block;
  }
  Result<void*> block = AllocError::exhausted;
  for (std::size_t place = 0; place < part_count_; ++place) {
    block = parts()[threads.order[place]].allocate(size, alignment, user);
    if (block || block.error() != AllocError::exhausted) break;
  }
  return block;
}

Result<void*> NumaCore::allocate_in_turns(std::size_t size, std::size_t alignment, int user) noexcept {
  const std::size_t first = next_in_turn();
  Result<void*> block = AllocError::exhausted;
  for (std::size_t i = 0; i < part_count_; ++i) {
    block = parts()[(first + i) % part_count_].allocate(size, alignment, user);
    if (block || block.error() != AllocError::exhausted) break;
  }
  return block;
}

// The one whose turn it is, or its neighbour, if that has less in use.
// Source: Azar, Broder, Karlin & Upfal, "Balanced Allocations", STOC 1994.
std::size_t NumaCore::next_in_turn() noexcept {
  const auto one = static_cast<std::size_t>(turn_.fetch_add(1, std::memory_order_relaxed) % part_count_);
  const std::size_t other = (one + 1) % part_count_;
  return parts()[other].bytes_in_use() < parts()[one].bytes_in_use() ? other : one;
}

AllocError NumaCore::deallocate(void* block, std::size_t size) noexcept {
  NumaPart* const part = part_of(block);
  if (part == nullptr) return AllocError::foreign_block;
  const int user = here();
  const int taker = learns() ? part->taker_of(block) : -1;
  const AllocError error = part->deallocate(block, size, user);
  if (error == AllocError{} && taker >= 0) threads_of(taker).freed_by.note(user);
  return error;
}

std::size_t NumaCore::usable_size(const void* block) const noexcept {
  const NumaPart* const part = part_of(block);
  return part != nullptr ? part->usable_size(block) : 0;
}

int NumaCore::node_of(const void* address) const noexcept {
  const NumaPart* const part = part_of(address);
  if (part == nullptr) return -1;
  return numa_->node_of(address).value_or(part->node());
}

// --- adapting ----------------------------------------------------------------------------------------------

std::size_t NumaCore::rebalance() noexcept {
  if (!learns()) return 0;
  std::size_t moved = 0;
  for (NumaPart& part : parts()) {
    part.for_each_used_piece([&](os::Region piece, int user) {
      NumaPart* const target = part_on(user);
      if (target == nullptr) return;
      const std::size_t pages = numa_->move(piece, user).value_or(std::size_t{0});
      target->count_moved(pages);
      moved += pages;
    });
  }
  steer();
  pages_moved_.fetch_add(moved, std::memory_order_relaxed);
  return moved;
}

void NumaCore::steer() noexcept {
  for (int node = 0; node < os::kNodesMax; ++node) {
    Threads& threads = threads_of(node);
    const Majority::Vote freers = threads.freed_by.read();
    if (freers.score < kSteering) continue;
    const NumaPart* const target = freers.node == node ? nullptr : part_on(freers.node);
    threads.served_from.store(target != nullptr ? static_cast<int>(target - parts().data()) : -1,
                              std::memory_order_relaxed);
    threads.freed_by.halve();
  }
}

NumaStats NumaCore::stats() const noexcept {
  NumaStats stats;
  stats.name = name_;
  for (const NumaPart& part : parts()) {
    NumaNodeStats& node = stats.nodes.add();
    part.read(node);
    const int steered =
        threads_[static_cast<std::size_t>(part.node())].served_from.load(std::memory_order_relaxed);
    node.steered_to = steered >= 0 ? parts()[static_cast<std::size_t>(steered)].node() : part.node();
    stats.bound = stats.bound && part.bound();
    stats.pages = part.pages();
  }
  stats.failures = failures_.load(std::memory_order_relaxed);
  stats.pages_moved = pages_moved_.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace cenote
