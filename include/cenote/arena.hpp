/// Memory that grows by chunks, is handed out by moving a cursor, and is taken back all at once, or back to a
/// checkpoint.
///
///     Arena request{{.name = "request"}};
///     auto* const user = request.make<User>(id);          // destroyed with the rest, the newest first
///     const Checkpoint before = request.checkpoint();
///     if (!parse(input, request)) request.restore(before);  // what the attempt made is destroyed, its memory free
///     request.reset();                                    // all of it; the chunks stay for the next request
///
/// Invariants  blocks lie one behind another in a chunk, with nothing between them but what alignment needs.
///             A checkpoint of another arena, and one that the arena has gone back behind since, is always
///             found, and changes nothing.
/// Source      Hanson, "Fast Allocation and Deallocation of Memory Based on Object Lifetimes", Software:
///             Practice and Experience 20 (1990); docs/adr/0011.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <cenote/detail/arena_objects.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/chunk_stack.hpp>
#include <cenote/detail/cxx20.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// What becomes of old bytes at a reset.
enum class Scrub {
  none,     ///< they stay until they are overwritten
  zero,     ///< overwritten with zeros
  decommit  ///< their pages go back to the system, and read as zero when they are next touched
};

struct ArenaOptions {
  /// of the first chunk; each further one is twice as large, up to 64 times this
  std::size_t chunk_bytes = 64 * 1024;
  std::size_t limit_bytes = 0;  ///< used() never passes it; 0: no limit
  /// falls back to normal, and says so in stats().pages, when unavailable
  PageKind pages = PageKind::normal;
  std::string_view name = {};  ///< in reports of wrong calls (copied, cut at 63 bytes)
};

struct ArenaStats {
  std::size_t used = 0;  ///< blocks, what lies between them for alignment, and the records of destructors
  std::size_t peak_used = 0;          ///< the most there ever was
  std::size_t limit_bytes = 0;        ///< 0: none
  std::size_t chunks = 0;             ///< from upstream, those kept for later included
  std::size_t bytes_committed = 0;    ///< theirs; of its own pages the system backs what was touched
  std::uint64_t failures = 0;         ///< calls that were told an error
  PageKind pages = PageKind::normal;  ///< of the chunk that came last
};

struct DestructorRecord;

/// Copies are the same checkpoint. Made by Arena::checkpoint(); one made by nobody belongs to no arena.
class Checkpoint {
 public:
  Checkpoint() = default;

 private:
  friend class Arena;

  std::uint64_t arena_ = 0;             // its number; 0: none
  std::uintptr_t place_ = 0;            // of the cursor; 0: before the first chunk
  std::uint64_t time_ = 0;              // when it was taken
  DestructorRecord* newest_ = nullptr;  // of the objects that existed then
};

/// Made by Arena::ref(); one made by nobody, or of an address that is not in use, refers to nothing.
///
/// Invariants  exact: get() is null from the moment at which a reset, a restore or the end of the arena
///             passes the object, and never before, whoever has the memory then.
/// Threads     the arena's; after its end, any.
template <class T>
class ArenaRef {
 public:
  ArenaRef() = default;

  /// The object; null once it is gone. O(chunks + log n), n how often the arena went back in the object's
  /// chunk and then grew: mostly 0.
  T* get() const noexcept { return is_live() ? object_ : nullptr; }
  explicit operator bool() const noexcept { return get() != nullptr; }

 private:
  friend class Arena;
  ArenaRef(T* object, ArenaLife* life, std::uint64_t arena, std::uint64_t time) noexcept
      : object_{object}, life_{life}, arena_{arena}, time_{time} {}

  bool is_live() const noexcept {
    if (life_ == nullptr || life_->arena.load(std::memory_order_acquire) != arena_) return false;
    return life_->chunks->stands(address_of(object_) + 1, time_);
  }

  T* object_ = nullptr;
  ArenaLife* life_ = nullptr;
  std::uint64_t arena_ = 0;  // its number
  std::uint64_t time_ = 0;   // when the object was in use
};

/// Threads     one at a time; different arenas at the same time.
class Arena {
 public:
  /// Asks for no memory yet. `upstream`: the system's, or a pool that must outlive the arena. Throws
  /// AllocFailure: bad_option.
  explicit Arena(const ArenaOptions& options = {}, ChunkSource upstream = os::g_system_memory)
      : Arena{options, upstream, annotate::marks_of_program()} {}
  /// The same without exceptions.
  static Result<Arena> create(const ArenaOptions& options,
                              ChunkSource upstream = os::g_system_memory) noexcept {
    return create(options, upstream, annotate::marks_of_program());
  }
  /// Moving leaves an arena without memory; blocks, checkpoints and references stay valid, and belong to the
  /// new one.
  Arena(Arena&& other) noexcept;
  Arena& operator=(Arena&& other) noexcept;
  /// Runs the destructors, the newest first, and gives all memory back.
  ~Arena();

  /// The next `size` bytes, uninitialised.
  ///
  /// Errors      zero_size; bad_alignment (no power of two, or above kArenaAlignmentMax); too_large (above
  ///             PTRDIFF_MAX, or the upstream's blocks); limit_reached: the arena's own limit, or that of its
  ///             name or the process; what the upstream says when it has no chunk: of the system's,
  ///             out_of_memory. Then nothing has changed.
  /// Complexity  O(1); now and then a chunk, which is the upstream's cost.
  Result<void*> try_allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) noexcept {
    void* const block = chunks_.try_take(size, alignment);
    if (block == nullptr) [[unlikely]]
      return allocate_slowly(size, alignment);
    allow_arena_block(block, chunks_.bump().at);
    return block;
  }
  /// The same; throws AllocFailure.
  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
    const Result<void*> block = try_allocate(size, alignment);
    if (!block) [[unlikely]]
      throw_alloc_failure(block.error());
    return *block;
  }

  /// A T in the arena. It is destroyed when the arena goes back behind it; a T without destructor costs
  /// nothing beside its bytes, another 16 bytes. When the constructor throws, the arena is as before: what it
  /// made there is destroyed too.
  template <class T, class... A>
  T* make(A&&... arguments) {
    return try_make<T>(std::forward<A>(arguments)...).value();
  }
  /// The same, but returns the arena's error; the constructor's exceptions pass.
  template <class T, class... A>
  Result<T*> try_make(A&&... arguments) noexcept(std::is_nothrow_constructible_v<T, A...>) {
    using Plan = detail::OnePlan<T>;
    const Mark before = mark();
    const Result<void*> block = try_allocate(Plan::bytes(1), Plan::kAlignment);
    if (!block) [[unlikely]]
      return block.error();
    Rollback rollback{*this, before};
    T* const object = ::new (*block) T(std::forward<A>(arguments)...);
    rollback.give_up();
    if constexpr (Plan::kRecorded)
      adopt(*::new (Plan::record_of(object, 1)) DestructorRecord{nullptr, &detail::destroy_object<T>});
    return object;
  }

  /// `count` of them in a row, value-initialised, destroyed from the last to the first. As `make`; 0 of them:
  /// zero_size.
  template <class T>
  std::span<T> make_array(std::size_t count) {
    return try_make_array<T>(count).value();
  }
  template <class T>
  Result<std::span<T>> try_make_array(std::size_t count) noexcept(
      std::is_nothrow_default_constructible_v<T>) {
    using Plan = detail::ArrayPlan<T>;
    if (count > kArenaBytesMax / sizeof(T)) return refuse(AllocError::too_large);
    if (count == 0) return refuse(AllocError::zero_size);
    const Mark before = mark();
    const Result<void*> block = try_allocate(Plan::bytes(count), Plan::kAlignment);
    if (!block) [[unlikely]]
      return block.error();
    Rollback rollback{*this, before};
    auto* const first = static_cast<T*>(*block);
    std::uninitialized_value_construct_n(first, count);
    rollback.give_up();
    if constexpr (Plan::kRecorded) {
      void* const record = Plan::record_of(first, count);
      adopt(*::new (record) detail::ArrayRecord{{nullptr, &detail::destroy_array<T>}, count});
    }
    return std::span<T>{first, count};
  }

  /// A point to return to. In an arena without chunks it opens the first, where there is memory, so that a
  /// scope in a loop keeps it. O(1).
  Checkpoint checkpoint() noexcept {
    if (number_ == 0 || chunks_.bump().at == 0) [[unlikely]]
      prepare_checkpoints();
    Checkpoint here;
    here.arena_ = number_;
    here.place_ = chunks_.bump().at;
    here.time_ = chunks_.watch();
    here.newest_ = records_;
    return here;
  }
  /// Destroys what was made since, the newest first, and takes its memory back; later chunks go back
  /// upstream. The checkpoint may be restored again. One of another arena (foreign_block), and one that the
  /// arena has gone back behind since, or was reset since (double_free), reaches the misuse handler and
  /// changes nothing.
  ///
  /// Complexity  O(objects destroyed + chunks given back), to find out that it may: O(chunks + log n), as
  ///             ArenaRef::get.
  void restore(const Checkpoint& checkpoint) noexcept;
  /// The same, but returns the error.
  Result<void> try_restore(const Checkpoint& checkpoint) noexcept;

  class Scope;

  /// A reference that turns null when the object goes. Of an address that is not in use in this arena, and
  /// where the system has no memory for the first reference of an arena: null at once.
  template <class T>
  ArenaRef<T> ref(T* object) noexcept {
    if (!chunks_.owns(object) || !prepare_references()) return {};
    return {object, life_, number_, chunks_.watch()};
  }

  /// Destroys everything, the newest first, and takes all memory back, but keeps the chunks for what comes.
  /// With Scrub::zero and Scrub::decommit no byte that was in the arena before is left in them. All
  /// checkpoints are undone. O(objects destroyed + chunks), and to scrub, O(bytes used since they were last
  /// scrubbed).
  void reset(Scrub scrub = Scrub::none) noexcept;
  /// Gives back upstream the chunks that are kept and not in use; returns their bytes.
  std::size_t trim() noexcept { return chunks_.trim(); }

  /// Blocks in use, what lies between them for alignment, and the records of destructors. O(1).
  std::size_t used() const noexcept { return chunks_.used(); }
  /// Whether the address lies in a block in use, or between two. O(chunks).
  bool owns(const void* address) const noexcept { return chunks_.owns(address); }
  ArenaStats stats() const noexcept;

 private:
  static constexpr std::size_t kNameMax = 63;

  /// Options that have been checked.
  struct Sound {
    const ArenaOptions& options;
  };

  Arena(const ArenaOptions& options, ChunkSource upstream, const annotate::Marks* marks);
  Arena(Sound sound, ChunkSource upstream, const annotate::Marks* marks) noexcept;
  static Result<Arena> create(const ArenaOptions& options, ChunkSource upstream,
                              const annotate::Marks* marks) noexcept;

  /// As a checkpoint, but known to stand.
  struct Mark {
    std::uintptr_t place;
    DestructorRecord* newest;
  };

  /// Takes the arena back to where it was unless told that the object lives: constructors may throw.
  class Rollback {
   public:
    Rollback(Arena& arena, Mark before) noexcept : arena_{&arena}, before_{before} {}
    ~Rollback() {
      if (arena_ != nullptr) arena_->go_back(before_);
    }
    Rollback(const Rollback&) = delete;
    Rollback& operator=(const Rollback&) = delete;

    void give_up() noexcept { arena_ = nullptr; }

   private:
    Arena* arena_;
    Mark before_;
  };

  Mark mark() const noexcept { return {chunks_.bump().at, records_}; }
  void adopt(DestructorRecord& record) noexcept {
    record.previous = records_;
    records_ = &record;
  }

  CENOTE_SLOW_PATH Result<void*> allocate_slowly(std::size_t size, std::size_t alignment) noexcept {
    if (const AllocError error = chunks_.open_for(size, alignment); error != AllocError{})
      return refuse(error);
    budget_.report_passed();
    void* const block = chunks_.try_take(size, alignment);
    allow_arena_block(block, chunks_.bump().at);
    return block;
  }
  AllocError refuse(AllocError error) noexcept {
    ++failures_;
    return error;
  }
  void prepare_checkpoints() noexcept;
  bool prepare_references() noexcept;
  void destroy_until(const DestructorRecord* record) noexcept;
  void go_back(Mark mark) noexcept;

  detail::PoolBudget budget_;
  ChunkStack chunks_;
  DestructorRecord* records_ = nullptr;  // the newest
  std::uint64_t number_ = 0;             // of all arenas; 0: nobody has asked for it
  ArenaLife* life_ = nullptr;
  std::uint64_t failures_ = 0;
  char name_[kNameMax + 1] = {};
  stats::Listed listed_;
};

/// Takes the arena back at its end to where it was at its beginning. Scopes nest.
class [[nodiscard]] Arena::Scope {
 public:
  explicit Scope(Arena& arena) noexcept : arena_{arena}, before_{arena.checkpoint()} {}
  ~Scope() { arena_.restore(before_); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Arena& arena_;
  Checkpoint before_;
};

}  // namespace cenote
