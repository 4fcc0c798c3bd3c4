#include <algorithm>
#include <memory>
#include <new>

#include <cenote/concurrent_arena.hpp>
#include <cenote/detail/arena_objects.hpp>

namespace cenote {
namespace {

// Where a lane lies in what the upstream gave: it wants cache lines of its own.
constexpr std::size_t kLaneBytes = sizeof(ArenaLane) + alignof(ArenaLane);

const void* calling_thread() noexcept { return &arena_lanes::t_lanes; }

}  // namespace

ConcurrentArena::ConcurrentArena(const ArenaOptions& options, ChunkSource upstream,
                                 const annotate::Marks* marks)
    : generation_{arena_lives::new_number()},
      limit_{options.limit_bytes},
      budget_{options.name},
      options_{options},
      source_{upstream.charged_to(budget_.shared())},
      marks_{marks} {
  if (options.chunk_bytes == 0) throw AllocFailure{"chunk_bytes", "is 0: say how large a chunk is"};
  stats::Gauges gauges = ArenaLane::gauges(lanes_, source_.memory() == nullptr);
  gauges.add(stats::Gauge::of(stats::Figure::failures, failures_))
      .add(stats::Gauge::constant(stats::Figure::limit, options.limit_bytes));
  listed_.open(stats::Kind::arena, options.name, gauges);
  // the caller's: it may be gone soon, and no call here can be wrong in a way that is reported
  options_.name = {};
}

ConcurrentArena::~ConcurrentArena() {
  listed_.close();  // before the lanes, which its gauges read, are returned
  ArenaLane* lane = lanes_.load(std::memory_order_acquire);
  while (lane != nullptr) {
    ArenaLane* const next = lane->next;
    const os::Region storage = lane->storage;
    std::destroy_at(lane);
    source_.give_back(storage);
    lane = next;
  }
}

// --- a thread's lane ---------------------------------------------------------------------------------------

Result<void*> ConcurrentArena::allocate_slowly(std::size_t size, std::size_t alignment) noexcept {
  const auto refuse = [this](AllocError error) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    return error;
  };
  if (const AllocError error = why_not_servable(size, alignment); error != AllocError{}) return refuse(error);
  const Result<ArenaLane*> lane = attach();
  if (!lane) return refuse(lane.error());
  const Result<void*> block = (*lane)->take_slowly(size, alignment, limit_);
  budget_.report_passed();
  return block ? block : refuse(block.error());
}

// The thread's own lane, else one that nobody has, else a new one; the next call finds it at once.
Result<ArenaLane*> ConcurrentArena::attach() noexcept {
  const void* const thread = calling_thread();
  ArenaLane* lane = lane_of(thread);
  if (lane == nullptr) lane = claim_lane(thread);
  if (lane == nullptr) {
    const Result<ArenaLane*> opened = open_lane(thread);
    if (!opened) return opened.error();
    lane = *opened;
  }
  arena_lanes::entry_of(generation_) = {generation_, lane};
  return lane;
}

ArenaLane* ConcurrentArena::lane_of(const void* thread) const noexcept {
  ArenaLane* lane = lanes_.load(std::memory_order_acquire);
  while (lane != nullptr && lane->owner.load(std::memory_order_relaxed) != thread) lane = lane->next;
  return lane;
}

ArenaLane* ConcurrentArena::claim_lane(const void* thread) const noexcept {
  for (ArenaLane* lane = lanes_.load(std::memory_order_acquire); lane != nullptr; lane = lane->next) {
    const void* nobody = nullptr;
    if (lane->owner.load(std::memory_order_relaxed) == nullptr &&
        lane->owner.compare_exchange_strong(nobody, thread, std::memory_order_acquire)) {
      return lane;
    }
  }
  return nullptr;
}

Result<ArenaLane*> ConcurrentArena::open_lane(const void* thread) noexcept {
  const Result<ChunkSource::Chunk> storage = source_.take(kLaneBytes, kLaneBytes, PageKind::normal);
  if (!storage) return storage.error();
  const std::uintptr_t place = align_up(address_of(storage->region.start), alignof(ArenaLane));
  auto* const lane =
      ::new (reinterpret_cast<void*>(place)) ArenaLane{options_, source_, marks_, storage->region};
  lane->owner.store(thread, std::memory_order_relaxed);
  lane->next = lanes_.load(std::memory_order_relaxed);
  while (
      !lanes_.compare_exchange_weak(lane->next, lane, std::memory_order_release, std::memory_order_relaxed)) {
  }
  return lane;
}

// --- all lanes ---------------------------------------------------------------------------------------------

std::size_t ConcurrentArena::used() const noexcept {
  std::size_t used = 0;
  for (const ArenaLane* lane = lanes_.load(std::memory_order_acquire); lane != nullptr; lane = lane->next)
    used += lane->used();
  return used;
}

void ConcurrentArena::reset(Scrub scrub) noexcept {
  peak_used_ = std::max(peak_used_, used());
  for (ArenaLane* lane = lanes_.load(std::memory_order_acquire); lane != nullptr; lane = lane->next)
    lane->restart(scrub);
  limit_.refill(options_.limit_bytes);
  generation_ =
      arena_lives::new_number();  // no thread finds its lane at once any more, whoever ends or begins
}

std::size_t ConcurrentArena::trim() noexcept {
  std::size_t bytes = 0;
  for (ArenaLane* lane = lanes_.load(std::memory_order_acquire); lane != nullptr; lane = lane->next)
    bytes += lane->trim();
  return bytes;
}

bool ConcurrentArena::owns(const void* address) const noexcept {
  ArenaLane* lane = lanes_.load(std::memory_order_acquire);
  while (lane != nullptr && !lane->owns(address)) lane = lane->next;
  return lane != nullptr;
}

ArenaStats ConcurrentArena::stats() const noexcept {
  ArenaStats all{.limit_bytes = options_.limit_bytes, .failures = failures_.load(std::memory_order_relaxed)};
  for (ArenaLane* lane = lanes_.load(std::memory_order_acquire); lane != nullptr; lane = lane->next) {
    const ArenaStats one = lane->stats();
    all.used += one.used;
    all.chunks += one.chunks;
    all.bytes_committed += one.bytes_committed;
    if (one.chunks != 0) all.pages = one.pages;
  }
  all.peak_used = std::max(peak_used_, all.used);
  return all;
}

}  // namespace cenote
