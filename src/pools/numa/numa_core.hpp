/// What a NumaPool is made of: a part for each node, and who is served from which.
///
///     allocate    node of the thread --> policy --> first part --full--> the next, nearest first
///     deallocate  whose part is it? --> that part
///
/// In pages of its own, its parts behind it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include <cenote/detail/listing.hpp>
#include <cenote/numa_pool.hpp>
#include <cenote/topology.hpp>

#include "pools/numa/numa_part.hpp"

namespace cenote {

/// Threads     any, but for create and destroy.
class NumaCore {
 public:
  static constexpr std::size_t kBlockMin = 64;

  static Result<NumaCore*> create(const NumaOptions& options, os::Numa& numa) noexcept;
  static void destroy(NumaCore& core) noexcept;

  Result<void*> allocate(std::size_t size, std::size_t alignment) noexcept;
  AllocError deallocate(void* block, std::size_t size) noexcept;
  std::size_t usable_size(const void* block) const noexcept;
  bool owns(const void* address) const noexcept { return part_of(address) != nullptr; }
  int node_of(const void* address) const noexcept;
  std::size_t rebalance() noexcept;
  NumaStats stats() const noexcept;
  const char* name() const noexcept { return name_; }

 private:
  static constexpr std::size_t kNameMax = 63;
  /// Blocks of a node's threads that another node freed, more than they did, for that node to be where they
  /// come from; or back again.
  static constexpr int kSteering = 64;

  /// What is known of a node's threads.
  struct Threads {
    std::array<std::uint8_t, os::kNodesMax> order{};  // parts, the nearest first
    Majority freed_by;                                // of blocks that they took
    std::atomic<int> served_from{-1};                 // adaptive: the part to ask first; -1: the nearest
  };

  NumaCore(const NumaOptions& options, os::Numa& numa) noexcept;
  AllocError open_parts(const NumaOptions& options) noexcept;
  void learn_distances() noexcept;

  std::span<NumaPart> parts() const noexcept;
  NumaPart* part_of(const void* address) const noexcept;
  NumaPart* part_on(int node) const noexcept;
  Threads& threads_of(int node) noexcept { return threads_[static_cast<std::size_t>(node)]; }
  int here() const noexcept;
  Result<void*> allocate_nearest(std::size_t size, std::size_t alignment, int user) noexcept;
  Result<void*> allocate_in_turns(std::size_t size, std::size_t alignment, int user) noexcept;
  std::size_t next_in_turn() noexcept;
  void steer() noexcept;
  bool learns() const noexcept { return policy_ == NumaPolicy::adaptive; }

  os::Numa* numa_;
  NumaPolicy policy_;
  std::size_t part_count_ = 0;
  std::array<Threads, os::kNodesMax> threads_{};
  char name_[kNameMax + 1] = {};
  stats::Listed listed_;

  alignas(kCacheLine) std::atomic<std::uint64_t> turn_{0};
  std::atomic<std::uint64_t> failures_{0}, pages_moved_{0};
};

}  // namespace cenote
