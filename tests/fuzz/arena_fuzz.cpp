// Arenas of three kinds beside models; the first byte says which.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <cenote/concurrent_arena.hpp>
#include <cenote/fixed_arena.hpp>

#include "fuzz/arena_subjects.hpp"
#include "fuzz/checkpointed_arena.hpp"
#include "fuzz/life.hpp"

namespace cenote::fuzz {
namespace {

/// On one thread.
class SharedArena : public GrowingArena<ConcurrentArena> {
 public:
  using GrowingArena::GrowingArena;

  void other(Input& in, HeapModel& model) { in.below(4) == 0 ? reset(in, model) : trim(); }
  void finish(Input& in, HeapModel& model) {
    if (in.flag()) reset(in, model);
  }
};

/// Every answer is foretold.
class SmallArena {
 public:
  using Request = ArenaRequest;

  SmallArena(Input& in, test::FakeMemory& memory) : memory_{memory} {
    static constexpr std::array<std::size_t, 8> kBytes{0, 1, 7, 100, 4096, 5000, 70'000, SIZE_MAX};
    bytes_ = in.one_of(kBytes);
    borrows_ = in.flag();
    if (!borrows_) return;
    bytes_ = std::min<std::size_t>(bytes_, 70'000);
    offset_ = in.below(40);
    storage_.assign(bytes_ + offset_, std::byte{0xa5});
  }

  AllocError open() {
    if (borrows_) {
      arena_.emplace(Block{storage_}.subspan(offset_));
    } else {
      Result<FixedArena> made = FixedArena::create(bytes_, memory_);
      if (!made) return made.error();
      arena_.emplace(std::move(*made));
    }
    zeroed_ = !borrows_;
    if (bytes_ == 0) return kDone;
    base_ = address_of(arena_->allocate(1, 1));
    arena_->reset();
    peak_ = 1;
    return kDone;
  }
  Answers opening() const {
    if (borrows_) return {kDone};
    if (bytes_ == 0) return {AllocError::bad_option};
    return {bytes_ > PTRDIFF_MAX ? AllocError::too_large : kDone};
  }

  Request read_request(Input& in) const { return read_arena_request(in); }
  Result<Piece> take(const Request& request) {
    const auto [size, alignment] = request;
    used_before_ = arena_->used();
    const Result<void*> block = arena_->try_allocate(size, alignment);
    trace("take %zu at %zu: %s %p", size, alignment, name_of(block.error()), block ? *block : nullptr);
    if (!block) return block.error();
    return Piece{static_cast<std::byte*>(*block), size, size, alignment};
  }
  Answers answers_to(const Request& request, const HeapModel&, AllocError) const {
    const auto [size, alignment] = request;
    if (size == 0) return {AllocError::zero_size};
    if (!is_power_of_two(alignment) || alignment > kArenaAlignmentMax) return {AllocError::bad_alignment};
    if (size > bytes_ || offset_of(0, alignment) > bytes_ - size) return {AllocError::too_large};
    return {offset_of(used_before_, alignment) > bytes_ - size ? AllocError::exhausted : kDone};
  }
  void taken(const Request& request, const Piece& piece, const HeapModel&) {
    const std::size_t offset = offset_of(used_before_, request.alignment);
    expect_equal(address_of(piece.start) - base_, offset, "where the block lies");
    expect_equal(arena_->used(), offset + request.size, "used");
    expect(!zeroed_ || test::is_zero(piece.start, piece.size), "old bytes, or bytes that nobody wrote");
    peak_ = std::max(peak_, arena_->used());
  }

  void other(Input& in, HeapModel& model) {
    if (in.flag()) {
      trace("move");
      FixedArena moved{std::move(*arena_)};
      expect(arena_->capacity() == 0 && arena_->used() == 0, "a moved arena has memory");
      *arena_ = std::move(moved);
      return;
    }
    const auto scrub = static_cast<Scrub>(in.below(3));
    trace("reset, %d", static_cast<int>(scrub));
    model.check_all();
    arena_->reset(scrub);
    model.cut_to(0);
    zeroed_ = scrub != Scrub::none;
  }
  void look(const HeapModel& model, const Counts& counts) const {
    const ArenaStats stats = arena_->stats();
    expect_equal(arena_->capacity(), bytes_, "capacity");
    expect_equal(arena_->used() + arena_->remaining(), bytes_, "used and remaining");
    expect_equal(stats.peak_used, peak_, "the peak");
    expect_equal(stats.failures, counts.failures, "failures");
    expect(model.empty() || arena_->owns(model[0].start), "a block is not its own");
    expect(!arena_->owns(this), "another's memory is its own");
  }
  void finish(Input&, HeapModel&) {}
  void close() {
    arena_.reset();
    expect_equal(memory_.held(), 0, "regions not released");
  }

 private:
  /// Where a block begins that follows `used` bytes.
  std::size_t offset_of(std::size_t used, std::size_t alignment) const {
    return align_up(base_ + used, alignment) - base_;
  }

  test::FakeMemory& memory_;
  std::size_t bytes_ = 0;
  bool borrows_ = false;
  std::size_t offset_ = 0;
  std::vector<std::byte> storage_;
  std::optional<FixedArena> arena_;
  std::uintptr_t base_ = 0;
  std::size_t used_before_ = 0;
  std::size_t peak_ = 0;
  bool zeroed_ = false;  // what was never handed out, or was scrubbed, reads as zero
};

}  // namespace
}  // namespace cenote::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  using namespace cenote::fuzz;
  Input in{{bytes, count}};
  switch (in.below(8)) {
    case 0:
      Life<SharedArena>{in}.run();
      break;
    case 1:
      Life<SmallArena>{in}.run();
      break;
    default:
      Life<CheckpointedArena>{in}.run();
  }
  return 0;
}
