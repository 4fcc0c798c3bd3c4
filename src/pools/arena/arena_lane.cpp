#include <algorithm>

#include <cenote/concurrent_arena.hpp>

namespace cenote {
namespace arena_lanes {

thread_local constinit Table t_lanes{};

}  // namespace arena_lanes

namespace {

// The last of a limit is given out in crumbs of this size, that it may nearly all be used.
constexpr std::size_t kPortionMin = 64;

}  // namespace

std::size_t ArenaLimit::draw(std::size_t least, std::size_t portion) noexcept {
  std::size_t left = left_.load(std::memory_order_relaxed);
  for (;;) {
    if (left < least) return 0;
    const std::size_t fair = std::clamp(left / 16, kPortionMin, std::max(portion, kPortionMin));
    const std::size_t drawn = std::min(left, std::max(least, fair));
    if (left_.compare_exchange_weak(left, left - drawn, std::memory_order_relaxed)) return drawn;
  }
}

ArenaLane::ArenaLane(const ArenaOptions& options, ChunkSource source, const annotate::Marks* marks,
                     os::Region own) noexcept
    : storage{own},
      chunks_{options, options.limit_bytes != 0 ? 0 : ChunkStack::kNoLimit, source, marks},
      limited_{options.limit_bytes != 0},
      portion_{options.chunk_bytes} {}

Result<void*> ArenaLane::take_slowly(std::size_t size, std::size_t alignment, ArenaLimit& limit) noexcept {
  const os::LockGuard guard{changing_};
  synchronise();
  for (;;) {
    if (void* const block = chunks_.try_take(size, alignment)) {
      publish();
      chunks_.allow_block(block);
      return block;
    }
    const AllocError error = chunks_.open_for(size, alignment);
    if (error == AllocError{}) continue;
    if (error != AllocError::limit_reached) return error;
    const std::size_t drawn = limit.draw(chunks_.limit_lacks(size, alignment), portion_);
    if (drawn == 0) return error;
    chunks_.set_limit(chunks_.limit() + drawn);
  }
}

void ArenaLane::publish() noexcept {
  const std::uint32_t version = version_.load(std::memory_order_relaxed);
  version_.store(version + 1, std::memory_order_relaxed);
  base_.store(chunks_.bump().at - chunks_.used(), std::memory_order_release);
  end_ = chunks_.bump().end;
  at_.store(chunks_.bump().at, std::memory_order_release);
  version_.store(version + 2, std::memory_order_release);
}

// Source: Boehm, "Can Seqlocks Get Along With Programming Language Memory Models?", MSPC 2012.
std::size_t ArenaLane::used() const noexcept {
  for (;;) {
    const std::uint32_t version = version_.load(std::memory_order_acquire);
    const std::uintptr_t base = base_.load(std::memory_order_acquire);
    const std::uintptr_t at = at_.load(std::memory_order_acquire);
    if (version % 2 == 0 && version_.load(std::memory_order_relaxed) == version) return at - base;
  }
}

std::size_t ArenaLane::trim() noexcept {
  const os::LockGuard guard{changing_};
  return chunks_.trim();
}

void ArenaLane::restart(Scrub scrub) noexcept {
  const os::LockGuard guard{changing_};
  synchronise();
  chunks_.restart(scrub);
  if (limited_) chunks_.set_limit(0);
  publish();
  owner.store(nullptr, std::memory_order_relaxed);
}

bool ArenaLane::owns(const void* address) noexcept {
  synchronise();
  return chunks_.owns(address);
}

stats::Gauges ArenaLane::gauges(const std::atomic<ArenaLane*>& first, bool borrows) noexcept {
  using stats::Figure, stats::Gauge;
  stats::Gauges gauges{.borrows = borrows};
  const auto add = [&](Figure figure, auto word, int sign) {
    gauges.add(Gauge::in_list(figure, first, &ArenaLane::next, word, sign));
  };
  add(Figure::live, &ArenaLane::at_, 1);
  add(Figure::live, &ArenaLane::base_, -1);
  add(Figure::partial_slabs, &ArenaLane::at_, -1);
  add(Figure::partial_slabs, &ArenaLane::base_, 1);
  for (const Figure figure : {Figure::partial_slabs, Figure::reserved}) {
    gauges.add(ChunkStack::bytes_in_list(figure, first, &ArenaLane::next, &ArenaLane::chunks_));
  }
  return gauges;
}

ArenaStats ArenaLane::stats() noexcept {
  synchronise();
  return chunks_.stats();
}

}  // namespace cenote
