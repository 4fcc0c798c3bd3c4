#include "pools/manager/manager_core.hpp"

#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/handlers.hpp>
#include <cenote/memory_source.hpp>

#include "base/text.hpp"
#include "pool_support/pass_through.hpp"

namespace cenote {
namespace {

AllocError check_size(std::size_t size) noexcept {
  if (size == 0) return AllocError::zero_size;
  return size > PTRDIFF_MAX - sizeof(ManagedBlock) ? AllocError::too_large : AllocError{};
}

AllocError check_range(std::size_t min, std::size_t max) noexcept {
  if (min != 0 && min > max) return AllocError::bad_option;
  return check_size(min);
}

// Blocks are touched as they are made, and a system that overcommits stops a program rather than refuse it a
// page. It does refuse what is plainly too much when asked for it in one piece, which costs nothing while
// nobody touches it.
bool can_be_had(std::size_t bytes) noexcept {
  const os::Region region = os::g_system_memory.map(align_up(bytes, os::page_bytes()), os::page_bytes());
  if (!region) return false;
  os::g_system_memory.release(region);
  return true;
}

}  // namespace

ManagerCore::ManagerCore(Heap&& heap, const ManagerOptions& options, const annotate::Marks* marks) noexcept
    : limit_bytes_{options.limit_bytes},
      create_on_demand_{options.create_on_demand},
      log_{options.log},
      log_context_{options.log_context},
      heap_{std::move(heap)},
      name_budget_{options.name},
      marks_{marks} {
  text::copy(options.name, name_);
  if (marks_ != nullptr) marks_->open_pool(this);
}

Result<ManagerCore*> ManagerCore::create(const ManagerOptions& options,
                                         const annotate::Marks* marks) noexcept {
  Result<Heap> heap = Heap::create_own({.name = options.name,
                                        .hardening = Hardening::checked,
                                        .pages = options.pages,
                                        .numa_node = options.numa_node});
  if (!heap) return heap.error();
  const Result<void*> memory = heap->try_allocate(sizeof(ManagerCore));
  if (!memory) return memory.error();
  auto* const core = ::new (*memory) ManagerCore{std::move(*heap), options, marks};
  if (cenote::passes_through(options.pass_through)) {
    core->passed_ = MallocBlocks::create(os::g_system_memory, core->name_budget_.shared());
    if (core->passed_ == nullptr) {
      destroy(*core);
      return AllocError::out_of_memory;
    }
  }
  core->enlist();
  return core;
}

void ManagerCore::enlist() noexcept {
  using stats::Figure, stats::Gauge;
  stats::Gauges gauges{.holder = heap_.holder(), .borrows = passed_ != nullptr};
  gauges.add(Gauge::of(Figure::live, bytes_in_use_))
      .add(Gauge::of(Figure::partial_slabs, bytes_free_))
      .add(Gauge::of(Figure::blocks_in_use, blocks_in_use_))
      .add(Gauge::of(Figure::blocks_capacity, blocks_in_use_))
      .add(Gauge::of(Figure::blocks_capacity, blocks_free_))
      .add(Gauge::of(Figure::allocations, allocations_))
      .add(Gauge::of(Figure::failures, failures_))
      .add(Gauge::constant(Figure::limit, limit_bytes_));
  listed_.open(stats::Kind::pool_manager, name_, gauges);
}

void ManagerCore::destroy(ManagerCore& core) noexcept {
  if (core.blocks_in_use_ != 0) report_leak(core.name_, core.blocks_in_use_);
  core.listed_.close();
  if (core.passed_ != nullptr) MallocBlocks::destroy(core.passed_);
  if (core.marks_ != nullptr) {
    core.marks_->close_pool(&core);
    core.heap_.reveal_all(*core.marks_);
  }
  const Heap heap = std::move(core.heap_);
  std::destroy_at(&core);
}

Result<Block> ManagerCore::allocate(std::size_t min, std::size_t max) noexcept {
  Taken taken{.error = check_range(min, max)};
  {
    const os::LockGuard guard{lock_};
    if (taken.error == AllocError{}) [[likely]]
      taken = take(min, max);
    if (taken.block == nullptr) ++failures_;
  }
  if (taken.block == nullptr) {
    log(ManagerEventKind::refused, taken.error, min, 1);
    return taken.error;
  }
  if (taken.is_made) return hand_over(taken);
  return taken.block->user_block();
}

CENOTE_SLOW_PATH Block ManagerCore::hand_over(const Taken& taken) const noexcept {
  const std::size_t size = taken.block->size;
  if (taken.is_new) log(ManagerEventKind::created, {}, size, 1);
  if (passed_ == nullptr) return taken.block->user_block();
  name_budget_.report_passed();
  return {static_cast<std::byte*>(passed_by(*taken.block)), size};
}

ManagerCore::Taken ManagerCore::take(std::size_t min, std::size_t max) noexcept {
  Taken taken{.block = recycle(groups_, min, max)};
  if (taken.block == nullptr) {
    taken = make_block(min, max);
    if (taken.block == nullptr) return taken;
  }
  taken.block->link = ManagedBlock::kInUse;
  ++blocks_in_use_;
  bytes_in_use_ += taken.block->size;
  ++allocations_;
  return taken;
}

inline ManagedBlock* ManagerCore::recycle(SizeGroups& from, std::size_t min, std::size_t max) noexcept {
  ManagedBlock* const block = min == max ? from.pop(min) : from.pop_between(min, max);
  if (block != nullptr) {
    --blocks_free_;
    bytes_free_ -= block->size;
  }
  return block;
}

ManagerCore::Taken ManagerCore::make_block(std::size_t min, std::size_t max) noexcept {
  Taken taken = passed_ == nullptr ? create_block(min) : pass_block(min, max);
  taken.is_made = true;
  return taken;
}

ManagerCore::Taken ManagerCore::pass_block(std::size_t min, std::size_t max) noexcept {
  Taken taken{.block = recycle(tickets_, min, max)};
  if (taken.block == nullptr) taken = create_block(min);
  if (taken.block == nullptr) return taken;
  const Result<void*> block = passed_->take(taken.block->size, kBlockAlignment, address_of(taken.block));
  if (block) {
    passed_by(*taken.block) = *block;
    return taken;
  }
  tickets_.push(*taken.block);
  ++blocks_free_;
  bytes_free_ += taken.block->size;
  return {.error = block.error()};
}

ManagerCore::Taken ManagerCore::create_block(std::size_t size) noexcept {
  if (!create_on_demand_) return {.error = AllocError::exhausted};
  AllocError error = add_free(size, 1);
  if (error == AllocError::limit_reached && is_within_limit(size) && blocks_free_ != 0) {
    // of other sizes: another limit than the manager's own forbids it, its name's or the process's
    drop_free();
    error = add_free(size, 1);
  }
  if (error != AllocError{}) return {.error = error};
  return {.block = recycle(free_blocks(), size, size), .is_new = true};
}

Result<void> ManagerCore::deallocate(Block block) noexcept {
  if (block.data() == nullptr) return {};
  AllocError error{};
  {
    const os::LockGuard guard{lock_};
    error = give_back(block);
  }
  return answer(error, block);
}

Result<void> ManagerCore::deallocate_marked(Block block, const annotate::Marks& marks) noexcept {
  if (block.data() == nullptr) return {};
  AllocError error{};
  {
    const os::LockGuard guard{lock_};
    ManagedBlock* found = nullptr;
    if (find_in_use(block, found) == AllocError{}) marks.take_back(this, block.data(), block.size());
    error = give_back(block);
  }
  return answer(error, block);
}

inline Result<void> ManagerCore::answer(AllocError error, Block block) const noexcept {
  if (error == AllocError{}) [[likely]]
    return {};
  log(ManagerEventKind::misused, error, block.size(), 1);
  return error;
}

// Nothing is read before the heap has said that a block of its starts there.
inline AllocError ManagerCore::find_in_use(Block block, ManagedBlock*& found) noexcept {
  found = ManagedBlock::before(block.data());
  if (const Result<std::size_t> usable = heap_.try_usable_size(found); !usable) return usable.error();
  if (found->link == ManagedBlock::kOwn) return AllocError::foreign_block;
  if (found->is_free()) return AllocError::double_free;
  if (found->size != block.size()) return AllocError::size_mismatch;
  return AllocError{};
}

AllocError ManagerCore::give_back(Block block) noexcept {
  ManagedBlock* found = nullptr;
  if (const AllocError error = find_in_use(block, found); error != AllocError{}) [[unlikely]]
    return give_back_passed(block, error);
  put_back(groups_, *found);
  return AllocError{};
}

CENOTE_SLOW_PATH AllocError ManagerCore::give_back_passed(Block block, AllocError error) noexcept {
  if (passed_ == nullptr) return error;
  const MallocBlocks::Found found = passed_->give(block.data(), block.size());
  if (found.error == AllocError{}) put_back(tickets_, *reinterpret_cast<ManagedBlock*>(found.note));
  return found.error;
}

inline void ManagerCore::put_back(SizeGroups& to, ManagedBlock& block) noexcept {
  to.push(block);
  --blocks_in_use_;
  bytes_in_use_ -= block.size;
  ++blocks_free_;
  bytes_free_ += block.size;
}

Result<void> ManagerCore::prepopulate(std::size_t size, std::size_t count) noexcept {
  AllocError error = check_size(size);
  if (error == AllocError{} && count == 0) return {};
  if (error == AllocError{}) {
    const os::LockGuard guard{lock_};
    error = check_sum(size, count);
    if (error == AllocError{}) error = add_free(size, count);
  }
  log(error == AllocError{} ? ManagerEventKind::created : ManagerEventKind::refused, error, size, count);
  return error == AllocError{} ? Result<void>{} : Result<void>{error};
}

bool ManagerCore::is_within_limit(std::size_t bytes) const noexcept {
  return limit_bytes_ == 0 || bytes <= limit_bytes_ - bytes_in_use_ - bytes_free_;
}

AllocError ManagerCore::check_sum(std::size_t size, std::size_t count) const noexcept {
  std::size_t bytes = 0, bytes_held = 0;
  const bool overflows = __builtin_mul_overflow(size, count, &bytes);
  if (limit_bytes_ != 0 && (overflows || !is_within_limit(bytes))) return AllocError::limit_reached;
  if (__builtin_mul_overflow(sizeof(ManagedBlock) + size, count, &bytes_held) || bytes_held > PTRDIFF_MAX) {
    return AllocError::too_large;
  }
  return can_be_had(bytes_held) ? AllocError{} : AllocError::out_of_memory;
}

// A list gives back first what it got last: on an error, the blocks made here.
AllocError ManagerCore::add_free(std::size_t size, std::size_t count) noexcept {
  if (!is_within_limit(size)) return AllocError::limit_reached;
  SizeGroups& groups = free_blocks();
  const std::size_t bytes = sizeof(ManagedBlock) + (passed_ == nullptr ? size : sizeof(void*));
  if (const Result<void> opened = groups.open(size, count); !opened) return opened.error();
  for (std::size_t made = 0; made < count; ++made) {
    const Result<void*> memory = heap_.try_allocate(bytes);
    if (!memory) {
      for (std::size_t i = 0; i < made; ++i) heap_.deallocate(groups.pop(size));
      groups.close(size, count);
      return memory.error();
    }
    ManagedBlock* const block = std::construct_at(static_cast<ManagedBlock*>(*memory));
    block->size = size;
    groups.push(*block);
  }
  blocks_free_ += count;
  bytes_free_ += size * count;
  return AllocError{};
}

std::size_t ManagerCore::block_size(const void* start) noexcept {
  if (start == nullptr) return 0;
  const os::LockGuard guard{lock_};
  if (passed_ != nullptr) {
    const MallocBlocks::Found found = passed_->find(start);
    return found.error == AllocError{} ? found.bytes : 0;
  }
  const ManagedBlock* const block = ManagedBlock::before(static_cast<const std::byte*>(start));
  return heap_.try_usable_size(block) && block->link == ManagedBlock::kInUse ? block->size : 0;
}

std::size_t ManagerCore::available(std::size_t size) noexcept {
  if (check_size(size) != AllocError{}) return 0;
  const os::LockGuard guard{lock_};
  return free_blocks().available(size);
}

std::size_t ManagerCore::trim() noexcept {
  std::size_t blocks = 0, bytes = 0;
  {
    const os::LockGuard guard{lock_};
    blocks = blocks_free_;
    bytes = bytes_free_;
    drop_free();
  }
  heap_.trim();
  log(ManagerEventKind::trimmed, {}, bytes, blocks);
  return bytes;
}

void ManagerCore::drop_free() noexcept {
  while (ManagedBlock* const block = recycle(free_blocks(), 1, PTRDIFF_MAX)) drop(*block);
}

void ManagerCore::drop(ManagedBlock& block) noexcept {
  free_blocks().close(block.size, 1);
  if (marks_ != nullptr) marks_->reveal(block.user_block().data(), block.size);
  heap_.deallocate(&block);
}

ManagerStats ManagerCore::stats() noexcept {
  const std::size_t bytes_held = heap_.stats().bytes_held + (passed_ != nullptr ? passed_->bytes() : 0);
  const os::LockGuard guard{lock_};
  return {.name = name_,
          .blocks_in_use = blocks_in_use_,
          .blocks_free = blocks_free_,
          .bytes_in_use = bytes_in_use_,
          .bytes_free = bytes_free_,
          .limit_bytes = limit_bytes_,
          .bytes_held = bytes_held,
          .allocations = allocations_,
          .deallocations = allocations_ - blocks_in_use_,
          .failures = failures_};
}

void ManagerCore::log(ManagerEventKind kind, AllocError error, std::size_t size,
                      std::size_t count) const noexcept {
  if (log_ != nullptr) log_({kind, error, size, count, name_}, log_context_);
}

}  // namespace cenote
