#include "pools/numa/numa_part.hpp"

#include <memory>
#include <utility>

#include <cenote/detail/system.hpp>

namespace cenote {

AllocError NumaPart::open(const BuddyOptions& options, bool learns) noexcept {
  Result<BuddyAllocator> blocks = BuddyAllocator::create(options, memory_);
  if (!blocks) return blocks.error();
  bytes_ = options.bytes;
  block_min_ = options.block_min;
  if (learns) {
    const std::size_t pieces = bytes_ / kPieceBytes + 1, units = bytes_ / block_min_ + 1;
    const std::size_t bytes = align_up(pieces * sizeof(Majority) + units, os::page_bytes());
    tables_ = memory_.map(bytes, os::page_bytes());
    if (!tables_) return AllocError::out_of_memory;
    pieces_ = reinterpret_cast<Majority*>(tables_.start);  // fresh memory reads as zero: nobody's turn yet
    takers_ = reinterpret_cast<std::atomic<std::int8_t>*>(pieces_ + pieces);
    piece_count_ = bytes_ / kPieceBytes;
  }
  pages_ = blocks->stats().pages;
  blocks_.emplace(*std::move(blocks));
  return {};
}

NumaPart::~NumaPart() {
  blocks_.reset();
  if (tables_) memory_.release(tables_);
}

Result<void*> NumaPart::allocate(std::size_t size, std::size_t alignment, int user) noexcept {
  const Result<void*> block = blocks_->try_allocate(size, alignment);
  if (!block) return block;
  bytes_in_use_.fetch_add(blocks_->usable_size(*block), std::memory_order_relaxed);
  (user == node_ ? local_ : remote_).fetch_add(1, std::memory_order_relaxed);
  note_taken(*block, user);
  return block;
}

AllocError NumaPart::deallocate(void* block, std::size_t size, int user) noexcept {
  const std::size_t bytes = blocks_->usable_size(block);
  const Result<void> done =
      size == kAnySize ? blocks_->try_deallocate(block) : blocks_->try_deallocate(block, size);
  if (!done) return done.error();
  bytes_in_use_.fetch_sub(bytes, std::memory_order_relaxed);
  if (user != node_) remote_frees_.fetch_add(1, std::memory_order_relaxed);
  note_given_back(block, user);
  return {};
}

void NumaPart::note_taken(const void* block, int user) noexcept {
  if (pieces_ == nullptr) return;
  takers_[unit_of(block)].store(static_cast<std::int8_t>(user), std::memory_order_relaxed);
  pieces_[offset_of(block) / kPieceBytes].note(user);
}

void NumaPart::note_given_back(const void* block, int user) noexcept {
  if (pieces_ == nullptr) return;
  for (int i = 0; i < 2; ++i) pieces_[offset_of(block) / kPieceBytes].note(user);
}

void NumaPart::read(NumaNodeStats& stats) const noexcept {
  const BuddyStats blocks = blocks_->stats();
  stats.node = node_;
  stats.bytes = blocks.bytes;
  stats.bytes_in_use = blocks.bytes_in_use;
  stats.blocks_in_use = blocks.in_use;
  stats.local_allocations = local_.load(std::memory_order_relaxed);
  stats.remote_allocations = remote_.load(std::memory_order_relaxed);
  stats.remote_frees = remote_frees_.load(std::memory_order_relaxed);
  stats.pages_moved_in = moved_in_.load(std::memory_order_relaxed);
}

stats::Gauges NumaPart::gauges(const NumaPart* first, std::size_t count) noexcept {
  using stats::Figure, stats::Gauge;
  stats::Gauges gauges{.borrows = true};
  gauges.add(Gauge::in_array(Figure::live, first, count, &NumaPart::bytes_in_use_))
      .add(Gauge::in_array(Figure::allocations, first, count, &NumaPart::local_))
      .add(Gauge::in_array(Figure::allocations, first, count, &NumaPart::remote_));
  return gauges;
}

}  // namespace cenote
