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
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <cenote/detail/annotate.hpp>
#include <cenote/detail/cxx20.hpp>
#include <cenote/detail/movable_core.hpp>
#include <cenote/detail/movable_plan.hpp>
#include <cenote/detail/owned.hpp>
#include <cenote/handlers.hpp>
#include <cenote/result.hpp>

namespace cenote {

struct MovableOptions {
  std::size_t capacity = 0;      ///< objects ready after construction
  std::size_t capacity_max = 0;  ///< 0: never grows; else it grows on demand up to this many objects
  std::string_view name = {};    ///< under which it is listed in statistics (copied, cut at 63 bytes)
};

/// What one call may move: it stops at whichever comes first.
struct CompactBudget {
  std::size_t objects = SIZE_MAX;
  std::size_t bytes = SIZE_MAX;  ///< of objects; nothing is moved for less than one of them
};

/// Taken under the pool's lock: exact.
struct MovableStats {
  std::size_t objects = 0;      ///< that live
  std::size_t objects_max = 0;  ///< that there may be
  std::size_t object_bytes = 0;
  std::size_t bytes_live = 0;       ///< objects * object_bytes
  std::size_t frame_bytes = 0;      ///< what is filled, emptied and given back at once: one OS page or more
  std::size_t frames_in_use = 0;    ///< with an object at least
  std::size_t frames_empty = 0;     ///< without, but with pages: what a compaction gives back first
  std::size_t bytes_committed = 0;  ///< of frames that are in use or empty
  std::size_t bytes_metadata = 0;   ///< tables beside them, as far as accessible
  std::size_t bytes_reserved = 0;   ///< of addresses, tables included
  double fragmentation =
      /// the share of slots in frames in use that have no object: 0 when all are full, near 1 when few have
      /// one
      0;
  std::uint64_t allocations = 0;  ///< objects made
  std::uint64_t failures = 0;     ///< calls that got none
  std::uint64_t moved = 0;        ///< objects moved by compactions
  /// times that a compaction left an object where it was, since it was pinned
  std::uint64_t skipped_pinned = 0;
  std::uint64_t bytes_given_back = 0;  ///< by compactions

  std::uint64_t deallocations() const noexcept { return allocations - objects; }
};

/// What one call has done.
struct CompactionReport {
  std::size_t bytes_given_back = 0;
  std::size_t moved = 0;
  std::size_t skipped_pinned = 0;
  double fragmentation_before = 0;  ///< see MovableStats
  double fragmentation_after = 0;
  /// all is done that can be, as things are; else the budget is spent: the next call goes on
  bool finished = false;
};

}  // namespace cenote

// While it lives, an object of a MovablePool stays where it is, and alive.
//
//     Pin<Node> node = handle.pin();
//     node->value = 7;                 // *node, node.get() as well
//
// Threads     a pin: one at a time. Many pins of one object: any threads, at the same time; the object's own
//             data are for the user to guard.

namespace cenote {

template <class T>
class MovablePool;
template <class T>
class MovableHandle;

template <class T>
class Pin {
 public:
  /// Pins nothing.
  Pin() noexcept = default;
  /// Copies pin the object once more.
  Pin(const Pin& other) noexcept : core_{other.core_}, entry_{other.entry_}, object_{other.object_} {
    if (object_ != nullptr) core_->entry(entry_).pin_again();
  }
  Pin(Pin&& other) noexcept
      : core_{other.core_}, entry_{other.entry_}, object_{std::exchange(other.object_, nullptr)} {}
  Pin& operator=(Pin other) noexcept {
    std::swap(core_, other.core_);
    std::swap(entry_, other.entry_);
    std::swap(object_, other.object_);
    return *this;
  }
  /// The object may be moved again, when no other pin is left; it ends here when its handle has ended before.
  ~Pin() { reset(); }

  void reset() noexcept {
    T* const object = std::exchange(object_, nullptr);
    if (object != nullptr && core_->entry(entry_).unpin()) [[unlikely]]
      end_life(*core_, entry_, object);
  }

  T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  friend MovablePool<T>;
  friend MovableHandle<T>;

  Pin(MovableCore& core, std::uint32_t entry, T* object) noexcept
      : core_{&core}, entry_{entry}, object_{object} {}

  /// Null when the object has ended.
  static Pin of_handle(MovableCore& core, std::uint32_t entry) noexcept {
    MovablePlace place = kNoPlace;
    if (!core.entry(entry).pin(place)) [[unlikely]]
      return {};
    return {core, entry, object_at(core, place)};
  }
  static Pin of_id(MovableCore& core, MovableId id) noexcept {
    MovablePlace place = kNoPlace;
    if (!core.is_entry(id.entry) || !core.entry(id.entry).pin_if_open(place)) return {};
    Pin pin{core, id.entry, object_at(core, place)};
    return core.life_of(id.entry) == id.life ? std::move(pin) : Pin{};
  }
  static T* object_at(const MovableCore& core, MovablePlace place) noexcept {
    return reinterpret_cast<T*>(core.slots() + (std::size_t{place} << place_shift_of(sizeof(T))));
  }
  static void end_life(MovableCore& core, std::uint32_t entry, T* object) noexcept {
    std::destroy_at(object);
    if constexpr (annotate::kActive) annotate::take_back(&core, object, sizeof(T));
    core.release(entry);
  }

  MovableCore* core_ = nullptr;
  std::uint32_t entry_ = 0;
  T* object_ = nullptr;
};

}  // namespace cenote

// Owns an object of a MovablePool, wherever it lies: the object ends with its handle, or with its last pin
// when that ends later.
//
// Threads     pin, id, comparisons: any, at the same time. Moves and the end: one, while no other thread
//             uses the handle; a thread that cannot know pins by the id, `pool.pin(id)`.

namespace cenote {

template <class T>
class [[nodiscard]] MovableHandle {
 public:
  /// Owns nothing.
  MovableHandle() noexcept = default;
  MovableHandle(MovableHandle&& other) noexcept
      : core_{std::exchange(other.core_, nullptr)}, id_{std::exchange(other.id_, {})} {}
  MovableHandle& operator=(MovableHandle&& other) noexcept {
    if (this != &other) {
      reset();
      core_ = std::exchange(other.core_, nullptr);
      id_ = std::exchange(other.id_, {});
    }
    return *this;
  }
  ~MovableHandle() { reset(); }

  /// Keeps the object where it is. The pin of an empty handle is empty, and the misuse handler hears of it.
  ///
  /// Complexity  O(1): an atomic addition. Waits while that very object is being moved: for one move
  ///             constructor.
  Pin<T> pin() const noexcept {
    if (core_ != nullptr) [[likely]] {
      Pin<T> pin = Pin<T>::of_handle(*core_, id_.entry);
      if (pin) [[likely]]
        return pin;
    }
    report_empty();
    return {};
  }

  /// Ends the object's life, now or with its last pin; an empty handle does nothing. A handle whose object
  /// has ended, a copy of bytes, reaches the misuse handler.
  void reset() noexcept {
    MovableCore* const core = std::exchange(core_, nullptr);
    const MovableId id = std::exchange(id_, {});
    if (core != nullptr && core->close(id))
      Pin<T>::end_life(*core, id.entry, Pin<T>::object_at(*core, core->entry(id.entry).place()));
  }

  /// Which object of its pool it is, as long as it lives and afterwards.
  MovableId id() const noexcept { return id_; }
  explicit operator bool() const noexcept { return core_ != nullptr; }
  /// Whether they are one: empty handles are equal.
  friend bool operator==(const MovableHandle&, const MovableHandle&) noexcept = default;

 private:
  friend MovablePool<T>;

  MovableHandle(MovableCore& core, MovableId id) noexcept : core_{&core}, id_{id} {}

  CENOTE_SLOW_PATH void report_empty() const noexcept {
    if (core_ != nullptr) return core_->report_ended(id_);
    report_misuse({AllocError::foreign_block, nullptr, ""});
  }

  MovableCore* core_ = nullptr;
  MovableId id_;
};

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
