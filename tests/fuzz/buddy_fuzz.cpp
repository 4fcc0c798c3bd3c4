// A BuddyAllocator beside a model that knows every gap: each answer is foretold, `exhausted` and largest_free
// too.
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <cenote/buddy_allocator.hpp>
#include <cenote/detail/system.hpp>

#include "fuzz/life.hpp"

namespace cenote::fuzz {
namespace {

class Buddies {
 public:
  struct Request {
    std::size_t size;
    std::size_t alignment;
  };

  Buddies(Input& in, test::FakeMemory& memory) : memory_{memory} {
    static constexpr std::array<std::size_t, 10> kBlockMin{16, 16, 32, 64, 256, 4096, 4096, 1 << 16, 8, 48};
    static constexpr std::array<std::size_t, 8> kUnits{0, 1, 7, 64, 100, 1000, 1024, 3000};
    options_ = {.block_min = in.one_of(kBlockMin), .name = kName};
    options_.bytes = std::min<std::size_t>(in.one_of(kUnits) * options_.block_min, 3 << 20) + in.below(300);
    if (in.flag()) options_.pages = PageKind::transparent_huge;
    unit_ = options_.block_min;
    units_ = options_.bytes / unit_;
  }

  AllocError open() {
    Result<BuddyAllocator> pool = BuddyAllocator::create(options_, memory_);
    if (!pool) return pool.error();
    pool_.emplace(std::move(*pool));
    base_ = static_cast<std::byte*>(pool_->allocate(largest()));  // lies at the start
    pool_->deallocate(base_);
    own_calls_ = 1;
    peak_ = 1;
    return kDone;
  }
  Answers opening() const {
    const bool sound = std::has_single_bit(unit_) && unit_ >= 16 && options_.bytes >= unit_;
    return {sound ? kDone : AllocError::bad_option};
  }

  Request read_request(Input& in) const { return {read_size(in), read_alignment(in)}; }
  Result<Piece> take(const Request& request) {
    const auto [size, alignment] = request;
    const Result<void*> block = pool_->try_allocate(size, alignment);
    trace("take %zu at %zu: %s %p", size, alignment, name_of(block.error()), block ? *block : nullptr);
    if (!block) return block.error();
    return Piece{static_cast<std::byte*>(*block), size, pool_->usable_size(*block), alignment};
  }
  Answers answers_to(const Request& request, const HeapModel& model, AllocError) {
    const auto [size, alignment] = request;
    if (size == 0) return {AllocError::zero_size};
    if (!is_power_of_two(alignment) || alignment > pool_->alignment_max()) return {AllocError::bad_alignment};
    if (size > largest()) return {AllocError::too_large};
    if (largest_free(model) >= block_bytes(request)) return {kDone};
    ++exhausted_;
    return {AllocError::exhausted};
  }
  void taken(const Request& request, const Piece& piece, const HeapModel& model) {
    const auto offset = static_cast<std::size_t>(piece.start - base_);
    expect_equal(piece.usable, block_bytes(request), "bytes of the block");
    expect(offset % piece.usable == 0 && offset + piece.usable <= units_ * unit_,
           "a block lies in a wrong place");
    expect(pool_->owns(piece.start) && pool_->owns(piece.start + piece.usable - 1), "a block is not its own");
    peak_ = std::max(peak_, model.count() + 1);
  }

  AllocError give(std::byte* block, std::size_t size, Way way) {
    if (way == Way::quietly) return pool_->try_deallocate(block).error();
    if (size % 2 != 0 && way == Way::with_size) return pool_->try_deallocate(block, size).error();
    return heard([&] { way == Way::loudly ? pool_->deallocate(block) : pool_->deallocate(block, size); },
                 block);
  }
  void given(const Held& held) { expect_equal(pool_->usable_size(held.start), 0, "bytes of a free block"); }
  Answers wrong_size(const Held& held, std::size_t size) const {
    const bool for_alignment = block_bytes({held.size, 1}) != held.usable;
    if (size > held.usable || (!for_alignment && block_bytes({size, 1}) != held.usable))
      return {AllocError::size_mismatch};
    return {};
  }
  Answers unused(const std::byte* address, bool) const {
    const std::size_t offset = address_of(address) - address_of(base_);
    const bool starts_unit = offset < units_ * unit_ && offset % unit_ == 0;
    return {starts_unit ? AllocError::double_free : AllocError::foreign_block};
  }
  std::byte* rivals_block(Input&) {
    if (rival_) return rivals_block_;
    Result<BuddyAllocator> rival = BuddyAllocator::create({.bytes = 4096, .block_min = 64}, memory_);
    if (!rival) return nullptr;
    rival_.emplace(std::move(*rival));
    rivals_block_ = static_cast<std::byte*>(rival_->allocate(64));
    return rivals_block_;
  }

  void other(Input& in, HeapModel& model) {
    switch (in.below(4)) {
      case 0:
        return trim(model);
      case 1:
        return expect_equal(pool_->largest_free(), largest_free(model), "largest_free");
      case 2: {
        trace("move");
        BuddyAllocator moved{std::move(*pool_)};
        pool_.emplace(std::move(moved));
        return;
      }
      default:
        expect(pool_->try_deallocate(nullptr).has_value(), "null is no block");
        pool_->deallocate(nullptr, in.byte());
        expect(!pool_->owns(this) && pool_->usable_size(this) == 0, "another's memory is its own");
    }
  }

  void look(const HeapModel& model, const Counts& counts) {
    pool_->check_invariants();
    std::size_t used = 0;
    for (const Held& held : model) used += held.usable;
    const BuddyStats stats = pool_->stats();
    expect_equal(stats.in_use, model.count(), "blocks in use");
    expect_equal(stats.bytes_in_use, used, "bytes in use");
    expect_equal(stats.free_bytes, units_ * unit_ - used, "free bytes");
    expect_equal(stats.largest_free, largest_free(model), "largest_free");
    expect_equal(stats.allocations, counts.taken + own_calls_, "allocations");
    expect_equal(stats.deallocations, stats.allocations - stats.in_use, "deallocations");
    expect_equal(stats.failures, exhausted_, "failures");
    expect_equal(stats.peak_in_use, peak_, "peak of blocks in use");
    std::size_t free_bytes = 0;
    for (std::size_t order = 0; order < stats.orders; ++order)
      free_bytes += stats.free_blocks[order] * (unit_ << order);
    expect_equal(free_bytes, stats.free_bytes, "free blocks");
    expect(stats.external_fragmentation() >= 0 && stats.external_fragmentation() <= 1,
           "a share outside [0, 1]");
  }

  void finish(Input&, HeapModel& model) const {
    if (model.empty()) expect_equal(pool_->largest_free(), largest(), "the largest block of an empty pool");
  }
  void close() {
    if (rivals_block_ != nullptr) rival_->deallocate(rivals_block_);
    rival_.reset();
    pool_.reset();
    expect_equal(memory_.held(), 0, "regions not released");
  }

 private:
  std::size_t largest() const { return std::bit_floor(units_) * unit_; }
  std::size_t block_bytes(const Request& request) const {
    return std::bit_ceil(std::max({request.size, request.alignment, unit_}));
  }

  /// The largest power of two of bytes that lies free at a multiple of itself.
  std::size_t largest_free(const HeapModel& model) const {
    std::size_t largest = 0;
    model.each_gap(base_, units_ * unit_, [&](std::uintptr_t from, std::uintptr_t to) {
      const std::size_t first = from - address_of(base_), end = to - address_of(base_);
      for (std::size_t bytes = std::bit_floor(end - first); bytes > largest; bytes /= 2) {
        if (align_up(first, bytes) + bytes <= end) largest = bytes;
      }
    });
    return largest;
  }

  void trim(const HeapModel& model) {
    const std::size_t refusals = memory_.refusals();
    const std::size_t trimmed = pool_->trim();
    trace("trim: %zu", trimmed);
    expect(trimmed <= units_ * unit_, "more is trimmed than there is");
    const std::size_t bytes = largest_free(model);
    if (bytes < os::page_bytes() || memory_.refusals() != refusals || memory_.refuse_purge) return;
    void* const block = pool_->allocate(bytes);
    expect(test::is_zero(block, bytes), "a trimmed block holds old bytes");
    pool_->deallocate(block);
    ++own_calls_;
    peak_ = std::max(peak_, model.count() + 1);
  }

  test::FakeMemory& memory_;
  BuddyOptions options_;
  std::size_t unit_ = 0;
  std::size_t units_ = 0;
  std::byte* base_ = nullptr;
  std::optional<BuddyAllocator> pool_;
  std::optional<BuddyAllocator> rival_;
  std::byte* rivals_block_ = nullptr;
  std::size_t exhausted_ = 0;
  std::size_t own_calls_ = 0;  // of allocate
  std::size_t peak_ = 0;
};

}  // namespace
}  // namespace cenote::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  cenote::fuzz::Input in{{bytes, count}};
  cenote::fuzz::Life<cenote::fuzz::Buddies>{in}.run();
  return 0;
}
