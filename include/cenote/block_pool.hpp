/// A pool of blocks of one size, chosen at run time.
///
///     BlockPool<> packets{{.block_size = 2048, .capacity = 1024}};
///     Block packet = packets.allocate();
///     packets.deallocate(packet);
///
/// Invariants  as FixedPool's. Blocks are aligned as malloc's of that size (at most 16), or to
///             options.alignment.
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>

#include <cenote/detail/pool_options.hpp>
#include <cenote/detail/pool_owner.hpp>
#include <cenote/detail/pool_stats.hpp>
#include <cenote/detail/sync.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// Threads     as `Sync` says; the destructor, moves: no thread may be inside a call.
template <class Sync = LockFree>
class BlockPool {
  using Core = typename Sync::Core;

 public:
  /// Throws AllocFailure: bad_option (which: in the message), zero_size, bad_alignment, too_large,
  /// limit_reached, out_of_memory.
  explicit BlockPool(const PoolOptions& options, os::Memory& memory = os::g_system_memory)
      : core_{options, options.block_size, natural_alignment(options), memory} {}
  /// The same without exceptions.
  static Result<BlockPool> create(const PoolOptions& options,
                                  os::Memory& memory = os::g_system_memory) noexcept {
    Result<PoolOwner<Core>> core =
        PoolOwner<Core>::create(options, options.block_size, natural_alignment(options), memory);
    if (!core) return core.error();
    return BlockPool{*std::move(core)};
  }

  /// A block of block_size() bytes, uninitialised.
  ///
  /// Errors      exhausted: every block is in use. When the pool may grow: limit_reached: a limit of its name
  ///             or the process forbids it; out_of_memory: the system refused.
  /// Complexity  O(1); now and then a run of fresh slots.
  Result<Block> try_allocate() noexcept {
    const Result<void*> block = core_->allocate();
    if (!block) [[unlikely]]
      return block.error();
    return as_block(taken_from(*core_, *block));
  }
  /// The same; throws AllocFailure.
  [[nodiscard]] Block allocate() {
    const Result<void*> block = core_->allocate();
    if (!block) [[unlikely]]
      throw_alloc_failure(block.error());
    return as_block(taken_from(*core_, *block));
  }

  /// Gives a block back, all of it; one without address does nothing. A wrong call reaches the misuse handler
  /// and changes nothing. O(1).
  void deallocate(Block block) noexcept {
    if (block.data() == nullptr) return;
    if (const AllocError error = give_back(block, Tell{}); error != AllocError{}) [[unlikely]]
      settle_refusal(*core_, error, block.data());
  }
  /// The same, but returns the error: foreign_block (also a pointer into a block), double_free,
  /// size_mismatch.
  Result<void> try_deallocate(Block block) noexcept {
    if (block.data() == nullptr) return {};
    const AllocError error = give_back(
        block, [&](AllocError wrong) { return core_->space().deallocate_passed(block.data(), wrong); });
    return error == AllocError{} ? Result<void>{} : Result<void>{error};
  }

  /// Fills `out` from its start with as many blocks as there are, and returns how many. O(out.size()).
  std::size_t try_allocate_many(std::span<Block> out) noexcept {
    Block* next = out.data();
    return core_->allocate_many(out.size(),
                                [&](void* block) { *next++ = as_block(taken_from(*core_, block)); });
  }
  /// As `deallocate` for each. O(blocks.size()).
  void deallocate_many(std::span<const Block> blocks) noexcept {
    const auto is_odd = [this](Block block) { return block.size() != block_size(); };
    if (annotate::kActive || std::any_of(blocks.begin(), blocks.end(), is_odd)) {
      for (const Block block : blocks) deallocate(block);
      return;
    }
    core_->deallocate_many(
        blocks.size(), [blocks](std::size_t i) -> void* { return blocks[i].data(); },
        [this](AllocError error, void* block) { settle_refusal(*core_, error, block); });
  }

  /// As FixedPool's, with each block in use.
  template <std::invocable<Block> F>
  requires std::same_as<Sync, SingleThread> || std::same_as<Sync, Locked>
  void for_each(F&& f) {
    core_->for_each([&](void* block) { f(as_block(block)); });
  }

  /// Bytes of each block, as asked for.
  std::size_t block_size() const noexcept { return core_->space().block_bytes(); }
  /// Blocks that there are; those free now, those in use. Exact when no other thread is inside a call.
  /// O(threads) at most.
  std::size_t capacity() const noexcept { return core_.capacity(); }
  std::size_t in_use() const noexcept { return core_.in_use(); }
  std::size_t available() const noexcept { return capacity() - in_use(); }
  /// Whether the address lies in a block of this pool, in use or not, at its start or not. O(1).
  bool owns(const void* address) const noexcept { return core_.owns(address); }
  /// Bytes that every block's address is a multiple of.
  std::size_t alignment() const noexcept { return core_->space().alignment(); }

  /// Adds exactly `blocks`; returns the new capacity. Errors: limit_reached (capacity_max, or a limit of the
  /// name or the process), out_of_memory; then nothing has changed.
  Result<std::size_t> grow(std::size_t blocks) noexcept { return core_.grow(blocks); }
  /// Gives the system the pages of which every block is free, and lowers the capacity where all at its end is
  /// free, never below what was asked for at construction. Returns bytes given back. O(capacity).
  std::size_t trim() noexcept { return core_.trim(); }
  PoolStats stats() const noexcept { return core_.stats(); }

 private:
  explicit BlockPool(PoolOwner<Core>&& core) noexcept : core_{std::move(core)} {}

  static std::size_t natural_alignment(const PoolOptions& options) noexcept {
    return options.alignment != 0
               ? 1
               : std::bit_floor(std::clamp<std::size_t>(options.block_size, 1, alignof(std::max_align_t)));
  }
  Block as_block(void* block) const noexcept { return {static_cast<std::byte*>(block), block_size()}; }

  // A foreign pointer is that, whatever its size; then comes the size, then the state.
  template <class Refused>
  AllocError give_back(Block block, Refused refused) noexcept {
    if (block.size() == block_size()) [[likely]]
      return give_back_to(*core_, block.data(), refused);
    return explain_size(*core_, block);
  }
  CENOTE_SLOW_PATH static AllocError explain_size(const Core& core, Block block) noexcept {
    const AllocError error = core.check(block.data());
    return error == AllocError{} ? AllocError::size_mismatch : error;
  }

  PoolOwner<Core> core_;
};

}  // namespace cenote
