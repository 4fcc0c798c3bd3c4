/// What arenas of all kinds have in common, as subjects of a Life: blocks that follow one another and go all
/// at once.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <cenote/arena.hpp>
#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/result.hpp>

#include "fuzz/life.hpp"

namespace cenote::fuzz {

struct ArenaRequest {
  std::size_t size;
  std::size_t alignment;
};

// The largest alignment would have gigabytes touched where they are scrubbed.
inline ArenaRequest read_arena_request(Input& in) {
  const std::size_t size = read_size(in), alignment = read_alignment(in);
  return {size, alignment == kArenaAlignmentMax ? std::size_t{1} << 16 : alignment};
}

/// Where chunks come from: the system, a buddy, equal blocks, or another arena, which takes nothing back.
class Upstream {
 public:
  Upstream(Input& in, test::FakeMemory& memory) : memory_{memory} {
    static constexpr std::array<std::size_t, 4> kBlockBytes{64, 208, 4096, 40'000};
    kind_ = in.below(6);
    block_bytes_ = in.one_of(kBlockBytes);
  }

  AllocError open() {
    if (kind_ == 3)
      return store(buddies_, BuddyAllocator::create({.bytes = 1 << 20, .block_min = 64}, memory_));
    if (kind_ == 4) {
      return store(blocks_, Blocks::create({.block_size = block_bytes_, .capacity = 9}, memory_));
    }
    if (kind_ == 5) arena_.emplace(ArenaOptions{.limit_bytes = 300'000}, memory_);
    return kDone;
  }
  ChunkSource source() {
    if (buddies_) return *buddies_;
    if (blocks_) return *blocks_;
    if (arena_) return *arena_;
    return memory_;
  }
  bool is_system() const { return kind_ < 3; }
  /// What it may say when it has no chunk.
  bool may_say(AllocError error) const {
    if (kind_ == 5) return error == AllocError::limit_reached;
    return !is_system() && (error == AllocError::exhausted || error == AllocError::too_large);
  }
  /// How often the system has refused it something.
  std::size_t refusals() const { return memory_.refusals(); }
  void close() {
    expect(!buddies_ || buddies_->stats().in_use == 0, "a chunk was not given back");
    expect(!blocks_ || blocks_->in_use() == 0, "a chunk was not given back");
    expect(!is_system() || memory_.held() == 0, "a chunk was not given back");
  }

 private:
  using Blocks = BlockPool<SingleThread>;

  template <class T>
  static AllocError store(std::optional<T>& to, Result<T> made) {
    if (made) to.emplace(std::move(*made));
    return made.error();
  }

  test::FakeMemory& memory_;
  std::size_t kind_ = 0;
  std::size_t block_bytes_ = 0;
  std::optional<BuddyAllocator> buddies_;
  std::optional<Blocks> blocks_;
  std::optional<Arena> arena_;
};

/// An Arena or a ConcurrentArena.
template <class A>
class GrowingArena {
 public:
  using Request = ArenaRequest;

  GrowingArena(Input& in, test::FakeMemory& memory) : upstream_{in, memory} {
    static constexpr std::array<std::size_t, 8> kChunks{1, 64, 1000, 4096, 65'536, 65'536, 300'000, 0};
    static constexpr std::array<std::size_t, 6> kLimits{0, 0, 100, 5000, 50'000, 1 << 20};
    options_ = {.chunk_bytes = in.one_of(kChunks), .limit_bytes = in.one_of(kLimits), .name = kName};
    if (in.below(4) == 0) options_.pages = PageKind::transparent_huge;
    zeroed_ = upstream_.is_system();
  }

  AllocError open() {
    if (const AllocError error = upstream_.open(); error != kDone) return error;
    try {
      arena_.emplace(options_, upstream_.source());
    } catch (const AllocFailure& failure) {
      return failure.error();
    }
    return kDone;
  }
  Answers opening() const { return {options_.chunk_bytes == 0 ? AllocError::bad_option : kDone}; }

  Request read_request(Input& in) const { return read_arena_request(in); }
  Result<Piece> take(const Request& request) {
    const auto [size, alignment] = request;
    used_before_ = arena_->used();
    const Result<void*> block = arena_->try_allocate(size, alignment);
    trace("take %zu at %zu: %s %p", size, alignment, name_of(block.error()), block ? *block : nullptr);
    if (!block) return block.error();
    return Piece{static_cast<std::byte*>(*block), size, size, alignment};
  }
  Answers answers_to(const Request& request, const HeapModel&, AllocError said) const {
    const auto [size, alignment] = request;
    if (size == 0) return {AllocError::zero_size};
    if (!is_power_of_two(alignment) || alignment > kArenaAlignmentMax) return {AllocError::bad_alignment};
    if (size > kArenaBytesMax) return {AllocError::too_large};
    const bool over = limit() != 0 && (size > limit() || used_before_ + size + alignment - 1 > limit());
    if (said == AllocError::limit_reached && over) return {said};
    if (size >> 46 != 0) return {AllocError::out_of_memory, AllocError::too_large, AllocError::limit_reached};
    return {upstream_.may_say(said) ? said : kDone};
  }
  void taken(const Request& request, const Piece& piece, const HeapModel& model) {
    const auto [size, alignment] = request;
    const std::size_t more = arena_->used() - used_before_;
    expect(more >= size && more - size < alignment, "used() grew by something else than block and padding");
    if (!model.empty() && more != size) {
      const Held& last = model.newest();
      expect(
          !last.written || piece.start - (last.start + last.size) == static_cast<std::ptrdiff_t>(more - size),
          "a gap that alignment does not need");
    }
    expect(limit() == 0 || arena_->used() <= limit(), "the limit is passed");
    expect(!zeroed_ || test::is_zero(piece.start, size), "old bytes, or bytes that nobody wrote");
    expect(arena_->owns(piece.start) && arena_->owns(piece.start + size - 1), "a block is not its own");
    note_peak();
  }

  void look(const HeapModel& model, const Counts& counts) const {
    const ArenaStats stats = arena_->stats();
    expect_equal(stats.used, arena_->used(), "used");
    expect_equal(stats.peak_used, peak_, "the peak");
    expect_equal(stats.limit_bytes, limit(), "the limit");
    expect_equal(stats.failures, counts.failures + own_failures_, "failures");
    expect(stats.bytes_committed >= stats.used, "less is held than is in use");
    std::size_t bytes = 0;
    for (const Held& held : model) bytes += held.size;
    expect(arena_->used() >= bytes, "less is in use than was taken");
  }

  void close() {
    arena_.reset();
    upstream_.close();
  }

 protected:
  std::size_t limit() const { return options_.limit_bytes; }
  void note_peak() { peak_ = std::max(peak_, arena_->used()); }

  void reset(Input& in, HeapModel& model) {
    const auto scrub = static_cast<Scrub>(in.below(3));
    trace("reset, %d", static_cast<int>(scrub));
    model.check_all();
    arena_->reset(scrub);
    model.cut_to(0);
    expect_equal(arena_->used(), 0, "used after a reset");
    zeroed_ = upstream_.is_system() && (scrub != Scrub::none || (zeroed_ && peak_ == 0));
  }
  void trim() {
    const std::size_t before = arena_->stats().bytes_committed;
    const std::size_t trimmed = arena_->trim();
    trace("trim: %zu", trimmed);
    expect_equal(arena_->stats().bytes_committed, before - trimmed, "bytes held after a trim");
  }

  Upstream upstream_;
  ArenaOptions options_;
  std::optional<A> arena_;
  std::size_t used_before_ = 0;
  std::size_t peak_ = 0;
  std::size_t own_failures_ = 0;  // of calls that Life does not count
  bool zeroed_ = false;           // what was never handed out, or was scrubbed, reads as zero
};

}  // namespace cenote::fuzz
