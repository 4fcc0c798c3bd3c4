/// A pool of objects that may be moved, so that the memory between them can be given back.
///
///     MovablePool<Node> nodes{{.capacity = 1000, .capacity_max = 1'000'000, .name = "nodes"}};
///     MovableHandle<Node> node = nodes.make(1, "one");
///     node.pin()->value = 2;              // stays where it is for as long as the pin lives
///     nodes.compact();                    // bytes given back to the system
///
///     before   | a . . . | . b . . | c . . . | . . . d |        four frames, each nearly empty
///     after    | . . . . | . . . . | c a b d | . . . . |        one; three given back. Handles are what they were
///
/// Invariants  an object is moved only while nobody has a pin on it; a handle, its id and its object belong
///             together for the object's life.
/// Source      handles and pins as in Appel's and others' moving collectors; sparse to dense: Bacon, Cheng
///             and Rajan, "A Real-time Garbage Collector with Low Overhead and Consistent Utilization", POPL
///             2003. docs/adr/0021.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include <cenote/detail/annotate.hpp>
#include <cenote/detail/movable_core.hpp>
#include <cenote/detail/movable_handle.hpp>
#include <cenote/detail/movable_options.hpp>
#include <cenote/detail/movable_plan.hpp>
#include <cenote/detail/movable_stats.hpp>
#include <cenote/detail/owned.hpp>
#include <cenote/detail/pin.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// Threads     any, at the same time; the destructor, moves: no thread may be inside a call. T's constructors
///             and destructor run under no lock of the pool's, but a move constructor may not compact the
///             pool that calls it.
template <class T>
class MovablePool {
  static_assert(std::is_object_v<T> && !std::is_array_v<T> && !std::is_const_v<T>,
                "MovablePool<T> holds objects of one type, not arrays, and not const ones");
  static_assert(std::is_nothrow_move_constructible_v<T>,
                "MovablePool<T> moves objects: mark the move constructor of T noexcept, or use FixedPool<T>");
  static_assert(std::is_nothrow_destructible_v<T>, "MovablePool<T> destroys what it has moved away from");
  static_assert(alignof(T) <= kMovableAlignmentMax, "MovablePool<T> aligns to 2 MiB at most");

 public:
  using value_type = T;
  using Handle = MovableHandle<T>;

  /// Throws AllocFailure: bad_option (which: in the message), too_large, limit_reached, out_of_memory.
  explicit MovablePool(const MovableOptions& options, os::Memory& memory = os::g_system_memory)
      : core_{open_or_throw(options, memory)} {}
  /// The same without exceptions.
  static Result<MovablePool> create(const MovableOptions& options,
                                    os::Memory& memory = os::g_system_memory) noexcept {
    const MovablePlanOutcome outcome = plan_movable(options, kNeeds);
    if (outcome.error != AllocError{}) return outcome.error;
    const Result<MovableCore*> core = open(outcome.plan, options, memory);
    if (!core) return core.error();
    return MovablePool{OwnedCore{*core}};
  }

  /// Moving leaves a pool that may only be destroyed or assigned to; objects and handles stay as they are.
  MovablePool(MovablePool&&) noexcept = default;
  MovablePool& operator=(MovablePool&&) noexcept = default;
  /// Reports live objects to the leak handler, and returns all memory to the system. Their handles may not be
  /// used any more.
  ~MovablePool() = default;

  /// An object in a handle. When the constructor throws, the pool is as before. Throws AllocFailure:
  /// exhausted (as many as there may be), limit_reached, out_of_memory. O(1), now and then a growth.
  template <class... A>
  requires std::constructible_from<T, A...> Handle make(A&&... arguments) {
    const Result<MovableCore::Storage> storage = core_->reserve();
    if (!storage) [[unlikely]]
      throw_alloc_failure(storage.error());
    return construct(*storage, std::forward<A>(arguments)...);
  }
  /// The same; only the constructor throws.
  template <class... A>
  requires std::constructible_from<T, A...> Result<Handle> try_make(A&&... arguments) {
    const Result<MovableCore::Storage> storage = core_->reserve();
    if (!storage) [[unlikely]]
      return storage.error();
    return construct(*storage, std::forward<A>(arguments)...);
  }

  /// Pins the object of that id, which this pool gave; empty when it has ended. O(1), lock-free but for the
  /// wait of MovableHandle::pin.
  Pin<T> pin(MovableId id) noexcept { return Pin<T>::of_id(*core_, id); }

  /// Moves objects out of sparse frames into fuller ones, as far as frames become empty, and gives all empty
  /// ones back to the system. Returns bytes given back. A frame with a pinned object stays as it is. Other
  /// threads may do anything meanwhile. O(objects).
  std::size_t compact() noexcept { return compact(CompactBudget{}).bytes_given_back; }
  /// The same, in part: moves no more than the budget says. Calls that follow go on with it; `finished` says
  /// that nothing is left to do.
  CompactionReport compact(const CompactBudget& budget) noexcept { return core_->compact(budget, &relocate); }

  /// Objects that live, and that there may be. A recent value while others make and destroy.
  std::size_t size() const noexcept { return core_->objects(); }
  std::size_t capacity_max() const noexcept { return core_->objects_max(); }
  MovableStats stats() const noexcept { return core_->stats(); }

  /// For tests: ends the program unless each slot, frame and entry is accounted for. No thread may be inside
  /// another call. O(slots).
  void check_invariants() const noexcept { core_->check_invariants(); }

 private:
  static constexpr MovableNeeds kNeeds{sizeof(T), alignof(T)};

  static void close(MovableCore* core) noexcept {
    annotate::close_pool(core);
    annotate::reveal(core->reserved().start, core->reserved().bytes);
    MovableCore::destroy(*core);
  }
  using OwnedCore = detail::Owned<MovableCore, MovablePool>;
  friend OwnedCore;
  explicit MovablePool(OwnedCore core) noexcept : core_{std::move(core)} {}

  static Result<MovableCore*> open(const MovablePlan& plan, const MovableOptions& options,
                                   os::Memory& memory) noexcept {
    const Result<MovableCore*> core = MovableCore::create(plan, options, memory);
    if (core) annotate::open_pool(*core);
    return core;
  }
  static MovableCore* open_or_throw(const MovableOptions& options, os::Memory& memory) {
    const MovablePlanOutcome outcome = plan_movable(options, kNeeds);
    if (outcome.error != AllocError{}) throw_plan_failure(outcome);
    return open(outcome.plan, options, memory).value();
  }

  /// Holds raw storage until the object in it stands.
  struct Unfinished {
    MovableCore* core;
    const MovableCore::Storage& storage;
    ~Unfinished() {
      if (core == nullptr) return;
      if constexpr (annotate::kActive) annotate::take_back(core, storage.slot, sizeof(T));
      core->release(storage.id.entry);
    }
  };
  template <class... A>
  Handle construct(const MovableCore::Storage& storage, A&&... arguments) {
    Unfinished unfinished{core_.get(), storage};
    if constexpr (annotate::kActive) annotate::hand_out(core_.get(), storage.slot, sizeof(T));
    std::construct_at(static_cast<T*>(storage.slot), std::forward<A>(arguments)...);
    core_->publish(storage);
    unfinished.core = nullptr;
    return Handle{*core_, storage.id};
  }

  static void relocate([[maybe_unused]] const MovableCore& core, void* to, void* from) noexcept {
    if constexpr (annotate::kActive) annotate::hand_out(&core, to, sizeof(T));
    if constexpr (std::is_trivially_copyable_v<T>) {
      std::memcpy(to, from, sizeof(T));
    } else {
      T* const old = static_cast<T*>(from);
      std::construct_at(static_cast<T*>(to), std::move(*old));
      std::destroy_at(old);
    }
    if constexpr (annotate::kActive) annotate::take_back(&core, from, sizeof(T));
  }

  OwnedCore core_;
};

}  // namespace cenote
