/// Blocks of any sizes, kept when they are given back and handed out again to whoever wants exactly that
/// size, or a range of sizes.
///
///     PoolManager frames{{.limit_bytes = 64 << 20, .name = "frames"}};
///     Block frame = frames.allocate_between(1400, 9000);
///     frames.deallocate(frame);
///
///     size    64        1500                 9000
///     free    #-#-#     (none)               #-#          one list a size; the last given back comes first
///
/// Invariants  a block keeps its size, and its memory, until trim or the manager's end; free blocks are never
///             cut or joined. Blocks are aligned as malloc's, to 16 bytes. bytes_in_use + bytes_free <=
///             limit_bytes, where there is a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <cenote/detail/annotate.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/owned.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote {

enum class ManagerEventKind : std::uint8_t {
  created,  ///< memory for `count` new blocks of `size` bytes
  /// no memory for `count` blocks of `size` bytes, the least that would have done: `error` says why
  refused,
  trimmed,  ///< let go of `count` free blocks, `size` bytes together
  misused   ///< a wrong call gave back `size` bytes: `error` says what is wrong with them
};

/// One thing worth a line in a log. Blocks that are merely used again are none.
struct ManagerEvent {
  ManagerEventKind kind;
  AllocError error;  ///< AllocError{} for created and trimmed
  std::size_t size;
  std::size_t count;
  std::string_view manager;  ///< its name; valid during the call
};

/// Called on the thread that caused the event, after the fact and with no lock held, so at the same time by
/// several threads and not always in the order of the events. It may use any pool, also the manager that
/// calls it: each event that this causes calls it again, so a log that allocates from its own manager must be
/// ready for that, or it never ends. `context` is options.log_context.
using ManagerLog = void (*)(const ManagerEvent& event, void* context) noexcept;

struct ManagerOptions {
  std::size_t limit_bytes = 0;   ///< bytes of all blocks, in use and free, as asked for; 0: no limit
  bool create_on_demand = true;  ///< false: only what `prepopulate` made is handed out
  std::string_view name = {};    ///< under which it is listed in reports (copied, cut at 63 bytes)
  ManagerLog log = nullptr;      ///< null: silent
  void* log_context = nullptr;
  PageKind pages = PageKind::normal;  ///< falls back to normal when unavailable
  int numa_node = any_numa_node;      ///< any: that of the thread, when it takes memory
  bool pass_through = false;  ///< every block from malloc, for memory checkers; also by CENOTE_PASS_THROUGH=1
};

/// Exact, all but `bytes_held` from one moment. bytes_in_use + bytes_free is what counts against the limit.
struct ManagerStats {
  std::string_view name;            ///< valid while the manager lives
  std::size_t blocks_in_use = 0;    ///< with the user
  std::size_t blocks_free = 0;      ///< waiting to be used again
  std::size_t bytes_in_use = 0;     ///< of these blocks, as asked for
  std::size_t bytes_free = 0;       ///< likewise
  std::size_t limit_bytes = 0;      ///< 0: no limit
  std::size_t bytes_held = 0;       ///< with rounding, headers and tables
  std::uint64_t allocations = 0;    ///< blocks handed out since construction
  std::uint64_t deallocations = 0;  ///< allocations - blocks_in_use
  std::uint64_t failures = 0;       ///< calls for a block that got an error
};

class ManagerCore;

/// Complexity  "O(1)" below: a step for every six bits of the size, at most 11; sizes, blocks and threads do
///             not enter.
/// Threads     all members but the destructor and moves: any, at the same time; one lock.
class PoolManager {
 public:
  /// Throws AllocFailure when the system refuses memory.
  explicit PoolManager(const ManagerOptions& options = {})
      : core_{open_or_throw(options, annotate::marks_of_program())} {}
  /// The same without exceptions.
  static Result<PoolManager> create(const ManagerOptions& options) noexcept {
    const Result<ManagerCore*> core = open(options, annotate::marks_of_program());
    if (!core) return core.error();
    return PoolManager{OwnedCore{*core}};
  }

  /// Moving leaves a manager that may only be destroyed or assigned to; blocks stay where they are.
  PoolManager(PoolManager&&) noexcept = default;
  PoolManager& operator=(PoolManager&&) noexcept = default;
  /// Reports blocks in use to the leak handler, and returns all memory to the system, theirs too. No thread
  /// may be inside a call.
  ~PoolManager() = default;

  /// A block of exactly `size` bytes, uninitialised: the free one given back last, else a new one.
  ///
  /// Errors      zero_size; too_large (above PTRDIFF_MAX). When a new one is needed: exhausted, unless
  ///             create_on_demand; limit_reached: free blocks of other sizes count and are not let go of to
  ///             make room, see trim; out_of_memory.
  /// Complexity  O(1); a new block costs a Heap allocation more, under the lock.
  Result<Block> try_allocate_fixed(std::size_t size) noexcept { return handed_out(take_fixed(size)); }
  [[nodiscard]] Block allocate_fixed(std::size_t size) { return try_allocate_fixed(size).value(); }

  /// The smallest free block with min <= size <= max; if there is none, a new one of `min` bytes. Any `max`
  /// up to SIZE_MAX will do.
  ///
  /// Errors      as above for `min`; bad_option: min > max.
  /// Complexity  O(1), likewise.
  Result<Block> try_allocate_between(std::size_t min, std::size_t max) noexcept {
    return handed_out(take_between(min, max));
  }
  [[nodiscard]] Block allocate_between(std::size_t min, std::size_t max);

  /// Takes a block back, as it was handed out: same start, same size. A block with a null start does nothing.
  /// A wrong call reaches the misuse handler and changes nothing. O(1).
  void deallocate(Block block) noexcept {
    if (const Result<void> done = try_deallocate(block); !done) report(done.error(), block);
  }
  /// The same, but returns the error: size_mismatch; double_free; foreign_block, also a pointer into a block.
  /// A block freed twice is a double_free while it is free; once trimmed, as long as its memory is
  /// remembered, then a foreign_block.
  Result<void> try_deallocate(Block block) noexcept {
    if constexpr (annotate::kActive) return give_back_marked(block, annotate::kMarks);
    return give_back(block);
  }

  /// Makes `count` new free blocks of `size` bytes, or, on an error, none. Asks the system for their sum
  /// first, so that what can never be had is refused before memory fills up.
  ///
  /// Errors      zero_size; too_large, also their sum; limit_reached; out_of_memory.
  /// Complexity  O(count), under the lock.
  Result<void> prepopulate(std::size_t size, std::size_t count) noexcept;

  /// The size of the block in use that starts there; 0 for any other address. O(1), under the lock.
  std::size_t block_size(const void* start) const noexcept;
  /// Free blocks of exactly this size. O(1).
  std::size_t available(std::size_t size) const noexcept;

  /// Lets go of every free block, and gives free memory of the whole process back to the system, as
  /// Heap::trim. Returns the blocks' bytes: so much less counts against the limit. O(free blocks), under the
  /// lock.
  std::size_t trim() noexcept;

  ManagerStats stats() const;

 private:
  static void close(ManagerCore* core) noexcept;
  using OwnedCore = detail::Owned<ManagerCore, PoolManager>;
  friend OwnedCore;
  explicit PoolManager(OwnedCore core) noexcept : core_{std::move(core)} {}

  static ManagerCore* open_or_throw(const ManagerOptions& options, const annotate::Marks* marks);
  static Result<ManagerCore*> open(const ManagerOptions& options, const annotate::Marks* marks) noexcept;
  Result<Block> take_fixed(std::size_t size) noexcept;
  Result<Block> take_between(std::size_t min, std::size_t max) noexcept;
  Result<void> give_back(Block block) noexcept;
  Result<void> give_back_marked(Block block, const annotate::Marks& marks) noexcept;
  bool passes_through() const noexcept;
  CENOTE_SLOW_PATH void report(AllocError error, Block block) const noexcept;
  // Nobody else has the block: no lock is needed.
  Result<Block> handed_out(const Result<Block>& block) const noexcept {
    if constexpr (annotate::kActive) {
      if (block && !passes_through()) annotate::hand_out(core_.get(), block->data(), block->size());
    }
    return block;
  }

  OwnedCore core_;
};

}  // namespace cenote
