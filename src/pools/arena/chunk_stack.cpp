#include <algorithm>
#include <new>
#include <utility>

#include <cenote/detail/chunk_stack.hpp>
#include <cenote/detail/system.hpp>

#include "pools/arena/wipe.hpp"

namespace cenote {
namespace {

// Chunks double up to so many times the first: then a call of the system costs little beside the page faults
// of its chunk, and an arena over a pool leaves something for others.
constexpr std::size_t kGrowthMax = 64;

constexpr std::size_t kFixedBytes = sizeof(ArenaChunk) + sizeof(ArenaSetback);

// Room for the header, the block wherever it must be aligned to, and one setback.
std::size_t least_bytes(std::size_t size, std::size_t alignment) noexcept {
  const std::size_t padding = alignment > alignof(ArenaChunk) ? alignment - alignof(ArenaChunk) : 0;
  return align_up(kFixedBytes + padding + size, kCacheLine);
}

}  // namespace

ChunkStack::ChunkStack(const ArenaOptions& options, std::size_t limit, ChunkSource source,
                       const annotate::Marks* marks) noexcept
    : limit_{limit},
      limit_max_{options.limit_bytes != 0 ? options.limit_bytes : kNoLimit},
      chunk_bytes_{std::min(options.chunk_bytes, kArenaBytesMax / kGrowthMax)},
      pages_{options.pages},
      source_{source},
      marks_{marks} {}

ChunkStack::~ChunkStack() {
  give_all_back(newest_);
  give_all_back(spare_);
}

void ChunkStack::forget() noexcept {
  bump_ = {};
  base_ = 0;
  newest_ = nullptr;
  spare_ = nullptr;
  watched_ = 0;
  chunks_ = 0;
  bytes_ = 0;
}

// --- chunks come -------------------------------------------------------------------------------------------

AllocError ChunkStack::open_for(std::size_t size, std::size_t alignment) noexcept {
  if (const AllocError error = why_not_servable(size, alignment); error != AllocError{}) return error;
  // Where the chunk has room it is the limit that has none.
  if (has_room(size, alignment) || size > limit_ - used()) return AllocError::limit_reached;

  const Result<ArenaChunk*> taken = take_chunk(least_bytes(size, alignment));
  if (!taken) return taken.error();
  ArenaChunk& chunk = **taken;
  chunk.used_before = used();
  leave();
  chunk.previous = newest_;
  start_in(chunk, alignment);
  return {};
}

std::size_t ChunkStack::bytes_wanted(std::size_t least) const noexcept {
  std::size_t wanted = chunk_bytes_;
  if (newest_ != nullptr) wanted = std::clamp(2 * newest_->bytes, chunk_bytes_, kGrowthMax * chunk_bytes_);
  if (const std::size_t left = limit_max_ - used(); left < wanted) wanted = left + kFixedBytes;
  return std::max(least, wanted);
}

Result<ArenaChunk*> ChunkStack::take_chunk(std::size_t least) noexcept {
  if (ArenaChunk* const spare = take_spare(least)) return spare;
  const Result<ChunkSource::Chunk> taken = source_.take(least, bytes_wanted(least), pages_);
  if (!taken) return taken.error();
  granted_ = taken->pages;
  const std::size_t bytes = align_down(taken->region.bytes, alignof(ArenaChunk));
  auto* const chunk = ::new (static_cast<void*>(taken->region.start)) ArenaChunk{.bytes = bytes};
  // A pool's blocks are not zero, unlike fresh pages.
  chunk->dirty = source_.memory() != nullptr ? chunk->payload() : chunk->end();
  forbid(chunk->payload(), chunk->blocks_end());
  ++chunks_;
  bytes_ += bytes;
  return chunk;
}

ArenaChunk* ChunkStack::take_spare(std::size_t least) noexcept {
  for (ArenaChunk** link = &spare_; *link != nullptr; link = &(*link)->previous) {
    ArenaChunk* const chunk = *link;
    if (chunk->bytes < least) continue;
    *link = chunk->previous;
    return chunk;
  }
  return nullptr;
}

void ChunkStack::start_in(ArenaChunk& chunk, std::size_t alignment) noexcept {
  chunk.begin = align_up(chunk.payload(), alignment);
  chunk.opened = ++time_;
  chunk.setbacks = 0;
  newest_ = &chunk;
  watched_ = 0;
  enter(chunk, chunk.begin);
}

void ChunkStack::enter(ArenaChunk& chunk, std::uintptr_t at) noexcept {
  bump_ = {at, std::max(at, limited_end(chunk))};
  base_ = chunk.begin - chunk.used_before;
}

void ChunkStack::leave() noexcept {
  if (newest_ == nullptr) return;
  newest_->left_at = bump_.at;
  newest_->dirty = std::max(newest_->dirty, bump_.at);
}

// --- the limit ---------------------------------------------------------------------------------------------

std::uintptr_t ChunkStack::limited_end(const ArenaChunk& chunk) const noexcept {
  const std::size_t allowed = limit_ - chunk.used_before;
  return chunk.blocks_end() - chunk.begin > allowed ? chunk.begin + allowed : chunk.blocks_end();
}

bool ChunkStack::has_room(std::size_t size, std::size_t alignment) const noexcept {
  return newest_ != nullptr && align_up(bump_.at, alignment) + size <= newest_->blocks_end();
}

void ChunkStack::set_limit(std::size_t limit) noexcept {
  limit_ = limit;
  if (newest_ != nullptr) enter(*newest_, bump_.at);
}

std::size_t ChunkStack::limit_lacks(std::size_t size, std::size_t alignment) const noexcept {
  const std::size_t padding = has_room(size, alignment) ? align_up(bump_.at, alignment) - bump_.at : 0;
  return used() + padding + size - limit_;
}

// --- chunks go ---------------------------------------------------------------------------------------------

void ChunkStack::give_back(ArenaChunk* chunk) noexcept {
  --chunks_;
  bytes_ -= chunk->bytes;
  allow(chunk->payload(), chunk->end());
  source_.give_back({reinterpret_cast<std::byte*>(chunk), chunk->bytes});
}

void ChunkStack::give_all_back(ArenaChunk*& list) noexcept {
  while (list != nullptr) give_back(std::exchange(list, list->previous));
}

void ChunkStack::go_back(std::uintptr_t place) noexcept {
  peak_used_ = std::max(peak_used_, used());
  leave();
  ArenaChunk* const target = chunk_at(place);
  const bool watched = newest_ != target || watched_ > place;
  while (newest_ != target) give_back(std::exchange(newest_, newest_->previous));
  if (target == nullptr) {
    bump_ = {};
    base_ = 0;
    watched_ = 0;
    return;
  }
  forbid(place, target->left_at);
  if (watched) note_setback(place);
  enter(*target, place);
}

void ChunkStack::note_setback(std::uintptr_t place) noexcept {
  const std::uintptr_t before = newest_->log_start();
  allow(newest_->blocks_end(), before);
  newest_->note_setback(place, ++time_);
  forbid(before, newest_->log_start());  // what was forgotten is free memory again
  watched_ = place;
}

void ChunkStack::restart(Scrub scrub) noexcept {
  peak_used_ = std::max(peak_used_, used());
  leave();
  restarted_ = ++time_;
  while (newest_ != nullptr) {
    ArenaChunk* const chunk = std::exchange(newest_, newest_->previous);
    forbid(chunk->payload(), chunk->left_at);
    forbid(chunk->log_start(), chunk->end());
    chunk->previous = std::exchange(spare_, chunk);
  }
  if (scrub != Scrub::none) {
    for (ArenaChunk* each = spare_; each != nullptr; each = each->previous) wipe_chunk(*each, scrub);
  }
  bump_ = {};
  base_ = 0;
  if (spare_ == nullptr) return;
  ArenaChunk& first = *std::exchange(spare_, spare_->previous);
  first.previous = nullptr;
  first.used_before = 0;
  start_in(first, alignof(ArenaChunk));
}

std::size_t ChunkStack::trim() noexcept {
  const std::size_t before = bytes_;
  give_all_back(spare_);
  return before - bytes_;
}

void ChunkStack::wipe_chunk(ArenaChunk& chunk, Scrub scrub) noexcept {
  os::Memory* const memory = source_.memory();
  const os::Region region{reinterpret_cast<std::byte*>(&chunk), chunk.bytes};
  const std::uintptr_t log = chunk.end() - chunk.setbacks_max * sizeof(ArenaSetback);
  allow(chunk.payload(), chunk.end());
  if (scrub == Scrub::decommit && memory != nullptr && log != chunk.end()) {
    wipe(chunk.payload(), chunk.end(), scrub, memory, region);
  } else {
    wipe(chunk.payload(), std::min(chunk.dirty, log), scrub, memory, region);
    wipe(log, chunk.end(), Scrub::zero, nullptr, {});
  }
  chunk.dirty = chunk.payload();
  chunk.setbacks_max = 0;
  chunk.setbacks = 0;
  forbid(chunk.payload(), chunk.blocks_end());
}

// --- places ------------------------------------------------------------------------------------------------

ArenaChunk* ChunkStack::chunk_at(std::uintptr_t place) const noexcept {
  std::uintptr_t end = bump_.at;
  for (ArenaChunk* each = newest_; each != nullptr; each = each->previous) {
    if (place >= each->begin && place <= end) return each;
    if (each->previous != nullptr) end = each->previous->left_at;
  }
  return nullptr;
}

bool ChunkStack::stands(std::uintptr_t place, std::uint64_t since) const noexcept {
  if (since < restarted_) return false;
  if (place == 0) return true;
  const ArenaChunk* const chunk = chunk_at(place);
  return chunk != nullptr && chunk->stands(place, since);
}

ArenaStats ChunkStack::stats() const noexcept {
  return {.used = used(),
          .peak_used = std::max(peak_used_, used()),
          .limit_bytes = limit_max_ == kNoLimit ? 0 : limit_max_,
          .chunks = chunks_,
          .bytes_committed = bytes_,
          .pages = granted_};
}

stats::Gauges ChunkStack::gauges() const noexcept {
  using stats::Figure, stats::Gauge;
  stats::Gauges gauges{.borrows = source_.memory() == nullptr};
  const auto add_used = [&](Figure figure, int sign) {
    gauges.add(Gauge::of(figure, bump_.at, sign)).add(Gauge::of(figure, base_, -sign));
  };
  add_used(Figure::live, 1);
  add_used(Figure::partial_slabs, -1);
  gauges.add(Gauge::of(Figure::partial_slabs, bytes_))
      .add(Gauge::of(Figure::reserved, bytes_))
      .add(Gauge::constant(Figure::limit, limit_max_ == kNoLimit ? 0 : limit_max_));
  return gauges;
}

void ChunkStack::allow_block(const void* block) const noexcept {
  if (marks_ == nullptr) return;
  const ArenaBlockBytes opened{block, bump_.at, marks_->grain};
  marks_->allow(opened.start, opened.bytes);
}

void ChunkStack::allow(std::uintptr_t from, std::uintptr_t to) const noexcept {
  if (marks_ != nullptr && from < to) marks_->allow(reinterpret_cast<const void*>(from), to - from);
}

// The rest of the last grain is free too.
void ChunkStack::forbid(std::uintptr_t from, std::uintptr_t to) const noexcept {
  if (marks_ == nullptr) return;
  to = align_up(to, marks_->grain);
  if (from < to) marks_->forbid(reinterpret_cast<const void*>(from), to - from);
}

}  // namespace cenote
