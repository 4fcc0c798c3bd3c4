/// A pool of objects of one type.
///
///     FixedPool<Order> orders{{.capacity = 100'000}};
///     Order* order = orders.allocate();        // raw storage; AllocFailure when there is none
///     orders.deallocate(order);
///     auto handle = orders.make(id, price);    // constructed; destroyed and given back with the handle
///
/// Invariants  a block's address never changes; the user's bytes are not touched while it is free; the block
///             that a thread gave back last is the one it gets next. Every free of a foreign pointer, of a
///             pointer into a block and of a free block is found.
/// Source      free indices beside the blocks: docs/adr/0008; each policy names its own.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
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
template <class T, class Sync = LockFree>
class FixedPool {
  using Core = typename Sync::Core;

 public:
  using value_type = T;

  /// Destroys an object and gives its block back; follows the pool when that moves.
  class Deleter {
   public:
    Deleter() noexcept = default;
    void operator()(T* object) const noexcept {
      std::destroy_at(object);
      give_back(*core_, object);
    }

   private:
    friend FixedPool;
    explicit Deleter(Core& core) noexcept : core_{&core} {}
    Core* core_ = nullptr;
  };
  using Handle = std::unique_ptr<T, Deleter>;

  /// Throws AllocFailure: bad_option (which: in the message), bad_alignment, too_large, limit_reached,
  /// out_of_memory.
  explicit FixedPool(const PoolOptions& options, os::Memory& memory = os::g_system_memory)
      : core_{options, sizeof(T), alignof(T), memory} {}
  /// The same without exceptions.
  static Result<FixedPool> create(const PoolOptions& options,
                                  os::Memory& memory = os::g_system_memory) noexcept {
    Result<PoolOwner<Core>> core = PoolOwner<Core>::create(options, sizeof(T), alignof(T), memory);
    if (!core) return core.error();
    return FixedPool{*std::move(core)};
  }

  /// Raw storage for one T.
  ///
  /// Errors      exhausted: every block is in use. When the pool may grow: limit_reached: a limit of its name
  ///             or the process forbids it; out_of_memory: the system refused.
  /// Complexity  O(1); now and then a run of fresh slots.
  Result<T*> try_allocate() noexcept {
    const Result<void*> block = core_->allocate();
    if (!block) [[unlikely]]
      return block.error();
    return static_cast<T*>(taken_from(*core_, *block));
  }
  /// The same; throws AllocFailure.
  [[nodiscard]] T* allocate() {
    const Result<void*> block = core_->allocate();
    if (!block) [[unlikely]]
      throw_alloc_failure(block.error());
    return static_cast<T*>(taken_from(*core_, *block));
  }

  /// Gives a block back; null does nothing. A wrong call reaches the misuse handler and changes nothing.
  /// O(1).
  void deallocate(T* block) noexcept { give_back(*core_, block); }
  /// The same, but returns the error: foreign_block (also a pointer into a block), double_free.
  Result<void> try_deallocate(T* block) noexcept {
    if (block == nullptr) return {};
    return as_result(give_back_to(
        *core_, block, [&](AllocError error) { return core_->space().deallocate_passed(block, error); }));
  }

  /// Fills `out` from its start with as many blocks as there are, and returns how many. O(out.size()).
  std::size_t try_allocate_many(std::span<T*> out) noexcept {
    T** next = out.data();
    return core_->allocate_many(out.size(),
                                [&](void* block) { *next++ = static_cast<T*>(taken_from(*core_, block)); });
  }
  /// As `deallocate` for each. O(blocks.size()).
  void deallocate_many(std::span<T* const> blocks) noexcept {
    if constexpr (annotate::kActive) {
      for (T* const block : blocks) deallocate(block);
      return;
    }
    core_->deallocate_many(
        blocks.size(), [blocks](std::size_t i) -> void* { return blocks[i]; },
        [this](AllocError error, void* block) { settle_refusal(*core_, error, block); });
  }

  /// An object in a handle. When the constructor throws, the block is back in the pool. Throws AllocFailure.
  template <class... A>
  requires std::constructible_from<T, A...> Handle make(A&&... arguments) {
    return construct(allocate(), std::forward<A>(arguments)...);
  }
  /// The same; only the constructor throws.
  template <class... A>
  requires std::constructible_from<T, A...> Result<Handle> try_make(A&&... arguments) {
    const Result<T*> block = try_allocate();
    if (!block) return block.error();
    return construct(*block, std::forward<A>(arguments)...);
  }

  /// Calls `f` with each block in use, in address order. SingleThread: `f` may return blocks to this pool.
  /// Locked: the pool's lock is held, so `f` may not call the pool. In pass-through mode the pool knows no
  /// blocks of its own: `f` is not called. O(capacity).
  template <std::invocable<T*> F>
  requires std::same_as<Sync, SingleThread> || std::same_as<Sync, Locked>
  void for_each(F&& f) {
    core_->for_each([&](void* block) { f(static_cast<T*>(block)); });
  }

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
  explicit FixedPool(PoolOwner<Core>&& core) noexcept : core_{std::move(core)} {}

  // Null is no block either: the common case pays nothing for it.
  static void give_back(Core& core, T* block) noexcept {
    if (const AllocError error = give_back_to(core, block); error != AllocError{}) [[unlikely]] {
      if (block != nullptr) settle_refusal(core, error, block);
    }
  }
  static Result<void> as_result(AllocError error) noexcept {
    return error == AllocError{} ? Result<void>{} : Result<void>{error};
  }

  /// Holds raw storage until the object in it stands.
  struct Storage {
    Core* core;
    T* block;
    ~Storage() {
      if (block != nullptr) give_back(*core, block);
    }
  };
  template <class... A>
  Handle construct(T* block, A&&... arguments) {
    Storage storage{core_.get(), block};
    std::construct_at(block, std::forward<A>(arguments)...);
    return Handle{std::exchange(storage.block, nullptr), Deleter{*core_}};
  }

  PoolOwner<Core> core_;
};

}  // namespace cenote
