/// What a PoolManager is made of. Lives in memory of the manager's own heap, and dies with it.
///
/// Invariants  all fields below lock_ are only touched under it, and so is the heap: whether a block is in
///             use, free or gone is decided in one place, so that a wrong call is told from a right one
///             whatever other threads do meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/annotate.hpp>
#include <cenote/detail/budget.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/malloc_blocks.hpp>
#include <cenote/heap.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/pool_manager.hpp>
#include <cenote/result.hpp>

#include "pools/manager/size_groups.hpp"

namespace cenote {

class ManagerCore {
 public:
  static Result<ManagerCore*> create(const ManagerOptions& options, const annotate::Marks* marks) noexcept;
  /// Reports blocks in use, frees all memory, `core` too.
  static void destroy(ManagerCore& core) noexcept;

  Result<Block> allocate(std::size_t min, std::size_t max) noexcept;
  Result<void> deallocate(Block block) noexcept;
  /// The same, and tells the program's memory checker before others may have the block.
  Result<void> deallocate_marked(Block block, const annotate::Marks& marks) noexcept;
  Result<void> prepopulate(std::size_t size, std::size_t count) noexcept;
  std::size_t block_size(const void* start) noexcept;
  std::size_t available(std::size_t size) noexcept;
  bool passes_through() const noexcept { return passed_ != nullptr; }
  std::size_t trim() noexcept;
  ManagerStats stats() noexcept;
  void enlist() noexcept;

  const char* name() const noexcept { return name_; }

 private:
  struct Taken {
    ManagedBlock* block = nullptr;
    AllocError error{};    // when there is no block
    bool is_made = false;  // no block of the manager's own that was free
    bool is_new = false;
  };

  ManagerCore(Heap&& heap, const ManagerOptions& options, const annotate::Marks* marks) noexcept;
  [[gnu::always_inline]] Result<void> answer(AllocError error, Block block) const noexcept;

  // Under lock_, all of these.
  Taken take(std::size_t min, std::size_t max) noexcept;
  [[gnu::always_inline]] ManagedBlock* recycle(SizeGroups& from, std::size_t min, std::size_t max) noexcept;
  Taken make_block(std::size_t min, std::size_t max) noexcept;
  Taken create_block(std::size_t size) noexcept;
  Taken pass_block(std::size_t min, std::size_t max) noexcept;
  Block hand_over(const Taken& taken) const noexcept;
  [[gnu::always_inline]] AllocError find_in_use(Block block, ManagedBlock*& found) noexcept;
  [[gnu::always_inline]] void put_back(SizeGroups& to, ManagedBlock& block) noexcept;
  AllocError give_back(Block block) noexcept;
  AllocError give_back_passed(Block block, AllocError error) noexcept;
  static void*& passed_by(ManagedBlock& ticket) noexcept {
    return *reinterpret_cast<void**>(ticket.user_block().data());
  }
  SizeGroups& free_blocks() noexcept { return passed_ == nullptr ? groups_ : tickets_; }
  AllocError add_free(std::size_t size, std::size_t count) noexcept;
  void drop_free() noexcept;
  void drop(ManagedBlock& block) noexcept;
  bool is_within_limit(std::size_t bytes) const noexcept;
  AllocError check_sum(std::size_t size, std::size_t count) const noexcept;

  void log(ManagerEventKind kind, AllocError error, std::size_t size, std::size_t count) const noexcept;

  static constexpr std::size_t kNameMax = 63;

  ManagedBlock header_{};  // nobody's block
  char name_[kNameMax + 1] = {};
  const std::size_t limit_bytes_;
  const bool create_on_demand_;
  const ManagerLog log_;
  void* const log_context_;

  os::Lock lock_{os::LockRank::manager};
  Heap heap_;
  // In pass-through mode groups_ stays empty, and tickets_ has blocks of eight bytes, each of which names a
  // block of malloc's while that is in use.
  SizeGroups groups_{heap_};
  SizeGroups tickets_{heap_};
  detail::PoolBudget name_budget_;  // of passed_; the heap has its own
  MallocBlocks* passed_ = nullptr;
  const annotate::Marks* const marks_;  // of the program's memory checker; null when it has none
  std::size_t blocks_in_use_ = 0, blocks_free_ = 0;
  std::size_t bytes_in_use_ = 0, bytes_free_ = 0;  // as asked for
  std::uint64_t allocations_ = 0, failures_ = 0;
  stats::Listed listed_;
  os::ScopedForkHold fork_hold_{lock_};
};

}  // namespace cenote
