// A SlabAllocator beside a model: which class serves a request, which errors are true, what the statistics
// must add up to.
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <cenote/detail/geometry.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/heap.hpp>
#include <cenote/slab_allocator.hpp>

#include "engine/pages/backing.hpp"
#include "fuzz/life.hpp"

namespace cenote::fuzz {
namespace {

class Slabs {
 public:
  struct Request {
    std::size_t size;
    std::size_t alignment;
  };

  Slabs(Input& in, test::FakeMemory&) {
    static constexpr std::array<std::size_t, 8> kLimits{0, 0, 0, 65'536, 200'000, 1 << 20, 3 << 20, 16 << 20};
    static constexpr std::array<std::size_t, 8> kThresholds{0, 0, 0, 1, 100, 1024, 65'536, 1 << 20};
    options_ = {.limit_bytes = in.one_of(kLimits),
                .large_threshold = in.one_of(kThresholds),
                .classes = in.flag() ? SizeClasses::halves : SizeClasses::quarters,
                .empty_slabs_max = in.below(4),
                .name = kName};
    if (in.byte() == 255) options_.classes = SizeClasses{3};
  }

  AllocError open() {
    Result<SlabAllocator> pool = SlabAllocator::create(options_);
    if (pool) pool_.emplace(std::move(*pool));
    return pool.error();
  }
  Answers opening() const { return {options_.classes == SizeClasses{3} ? AllocError::bad_option : kDone}; }

  Request read_request(Input& in) const { return {read_size(in), read_alignment(in)}; }
  Result<Piece> take(const Request& request) {
    const auto [size, alignment] = request;
    const Result<void*> block = pool_->try_allocate(size, alignment);
    trace("take %zu at %zu: %s %p", size, alignment, name_of(block.error()), block ? *block : nullptr);
    if (!block) return block.error();
    return Piece{static_cast<std::byte*>(*block), size, pool_->usable_size(*block), alignment};
  }

  Answers answers_to(const Request& request, const HeapModel&, AllocError said) const {
    const auto [size, alignment] = request;
    if (size == 0) return {AllocError::zero_size};
    if (!is_power_of_two(alignment) || alignment > kSlabAlignmentMax) return {AllocError::bad_alignment};
    if (size > PTRDIFF_MAX) return {AllocError::too_large};
    // No system has so much: it refuses by itself.
    if (std::uint64_t{size} >> 46 != 0)
      return {AllocError::out_of_memory, limit() != 0 ? AllocError::limit_reached : said};
    return {said == AllocError::limit_reached && limit_forbids(request) ? said : kDone};
  }
  void taken(const Request& request, const Piece& piece, const HeapModel&) const {
    const auto [size, alignment] = request;
    if (!is_large(size, alignment)) {
      expect_equal(piece.usable, block_bytes_for(size, alignment), "bytes of the block");
    } else if (is_of_units(size, alignment)) {
      expect_equal(piece.usable, bytes_of(units_for(size)), "bytes of the large block");
    }
    expect(pool_->owns(piece.start) && pool_->owns(piece.start + piece.usable - 1), "a block is not its own");
  }

  AllocError give(std::byte* block, std::size_t size, Way way) {
    if (way == Way::quietly) return pool_->try_deallocate(block).error();
    return heard([&] { way == Way::loudly ? pool_->deallocate(block) : pool_->deallocate(block, size); },
                 block);
  }
  void given(const Held& held) { expect_equal(pool_->usable_size(held.start), 0, "bytes of a free block"); }
  Answers wrong_size(const Held& held, std::size_t size) const {
    if (size > held.usable) return {AllocError::size_mismatch};
    const std::size_t off = std::max(size, held.size) - std::min(size, held.size);
    if (off == 0 || off < unseen(held)) return {};
    return {AllocError::size_mismatch};
  }
  Answers unused(const std::byte* address, bool just_freed) const {
    if (just_freed) return {AllocError::double_free};
    if (address == rivals_block_) return {AllocError::foreign_block};
    return {AllocError::foreign_block, AllocError::double_free};
  }
  std::byte* rivals_block(Input& in) {
    if (rival_) return rivals_block_;
    Result<SlabAllocator> rival = SlabAllocator::create({});
    if (!rival) return nullptr;
    rival_.emplace(std::move(*rival));
    rivals_block_ = static_cast<std::byte*>(rival_->try_allocate(read_size(in)).value_or(nullptr));
    return rivals_block_;
  }

  void other(Input& in, HeapModel&) {
    switch (in.below(5)) {
      case 0:
        return trim();
      case 1:
        return use_a_heap(in);
      case 2:
        trace("a tick");
        g_backing.purge_cold();
        return;
      case 3: {
        trace("move");
        SlabAllocator moved{std::move(*pool_)};
        pool_.emplace(std::move(moved));
        return;
      }
      default:
        expect(pool_->try_deallocate(nullptr).has_value(), "null is no block");
        pool_->deallocate(nullptr, in.byte());
        expect(!pool_->owns(this) && pool_->usable_size(this) == 0, "another's memory is its own");
    }
  }

  void look(const HeapModel& model, const Counts& counts) const {
    pool_->check_invariants();
    g_backing.pages.check_invariants();
    const SlabStats stats = pool_->stats();
    expect_equal(stats.blocks_in_use + stats.large_blocks, model.count(), "blocks in use");
    expect_equal(stats.allocations, counts.taken, "allocations");
    expect_equal(stats.deallocations, counts.taken - model.count(), "deallocations");
    expect_equal(stats.failures, counts.failures, "failures");
    expect_equal(stats.bytes_held, stats.bytes_of_slabs + stats.large_bytes, "bytes held");
    expect(limit() == 0 || stats.bytes_held <= limit(), "the limit is passed");
    look_at_classes(stats, model);
    look_at_sums(stats, model);
  }

  void finish(Input&, HeapModel& model) {
    if (!model.empty()) return;
    trim();
    expect_equal(pool_->stats().bytes_held, 0, "bytes held by nothing");
  }
  void close() {
    if (rivals_block_ != nullptr) rival_->deallocate(rivals_block_);
    rival_.reset();
    pool_.reset();
  }

 private:
  std::size_t limit() const { return options_.limit_bytes; }
  std::size_t threshold() const {
    return options_.large_threshold == 0 ? 32 * 1024
                                         : std::min<std::size_t>(options_.large_threshold, 64 * 1024);
  }
  std::size_t block_bytes_for(std::size_t size, std::size_t alignment) const {
    const SizeClasses scheme = options_.classes;
    return slab_classes::block_bytes(scheme, slab_classes::aligned_index_of(scheme, size, alignment));
  }
  bool is_large(std::size_t size, std::size_t alignment) const {
    if (size > threshold() || alignment > kUnitBytes) return true;
    const std::size_t largest = slab_classes::index_of(options_.classes, align_up(threshold(), 16));
    return block_bytes_for(size, alignment) > slab_classes::block_bytes(options_.classes, largest);
  }
  static bool is_of_units(std::size_t size, std::size_t alignment) {
    return size <= kLargeBlockMax && alignment <= kUnitBytes;
  }

  /// From how far off on a wrong size is found, of sizes that fit the block.
  std::size_t unseen(const Held& held) const {
    if (is_of_units(held.size, held.alignment) && is_large(held.size, held.alignment)) return 1;
    if (is_large(held.size, held.alignment)) return held.usable / 4 + os::page_bytes();
    return held.usable == 8 ? 8 : std::max<std::size_t>(std::bit_ceil(held.usable) / 64, 1);
  }

  /// Whether the block cannot be had without passing the limit, with all empty slabs given back.
  bool limit_forbids(const Request& request) const {
    const auto [size, alignment] = request;
    const SlabStats stats = pool_->stats();
    std::size_t needed = align_up(size, os::page_bytes());
    if (!is_large(size, alignment)) {
      const auto bytes = static_cast<std::uint32_t>(block_bytes_for(size, alignment));
      const std::size_t index = slab_classes::index_of(options_.classes, bytes);
      if (stats.classes[index].slabs_partial != 0) return false;
      needed = bytes_of({slab_shape_for(bytes).units});
    } else if (is_of_units(size, alignment)) {
      needed = bytes_of(units_for(size));
    }
    return limit() != 0 && stats.slabs_empty == 0 && stats.bytes_held + needed > limit();
  }

  void trim() {
    const std::size_t before = pool_->stats().bytes_held;
    const std::size_t trimmed = pool_->trim();
    trace("trim: %zu", trimmed);
    expect(pool_->stats().bytes_held <= before, "a trim takes no memory");
    expect_equal(pool_->stats().slabs_empty, 0, "empty slabs after a trim");
  }

  /// The same memory serves both, and a heap leaves notes of its own there.
  static void use_a_heap(Input& in) {
    Result<Heap> heap = Heap::create({.hardening = Hardening::checked});
    if (!heap) return;
    const std::size_t size = read_size(in);
    std::array<void*, 30> blocks{};
    trace("a heap has blocks of %zu for a while", size);
    for (void*& block : blocks) block = heap->try_allocate(size).value_or(nullptr);
    for (void* const block : blocks) heap->deallocate(block);
  }

  void look_at_classes(const SlabStats& stats, const HeapModel& model) const {
    std::array<std::size_t, slab_classes::kCountMax> in_use{};
    for (const Held& held : model) {
      if (!is_large(held.size, held.alignment))
        ++in_use[slab_classes::index_of(options_.classes, held.usable)];
    }
    for (std::size_t c = 0; c < stats.classes.size(); ++c) {
      const SlabClassStats& of_class = stats.classes[c];
      expect_equal(of_class.blocks_in_use, in_use[c], "blocks in use of a class");
      expect_equal(of_class.bytes_in_use, in_use[c] * of_class.size, "bytes in use of a class");
      expect(of_class.slabs_empty <= options_.empty_slabs_max, "too many empty slabs are kept");
      expect((of_class.slabs_full + of_class.slabs_partial != 0) == (in_use[c] != 0),
             "slabs in use of a class");
    }
  }
  void look_at_sums(const SlabStats& stats, const HeapModel& model) const {
    std::size_t asked = 0, large = 0;
    for (const Held& held : model) {
      (is_large(held.size, held.alignment) ? large : asked) +=
          is_large(held.size, held.alignment) ? held.usable : held.size;
    }
    expect_equal(stats.large_bytes, large, "bytes of large blocks");
    expect(stats.bytes_requested >= asked && stats.bytes_requested <= stats.bytes_in_use, "bytes requested");
    expect(stats.internal_fragmentation >= 0 && stats.internal_fragmentation <= 1 &&
               stats.external_fragmentation >= 0 && stats.external_fragmentation <= 1,
           "a share outside [0, 1]");
  }

  SlabOptions options_;
  std::optional<SlabAllocator> pool_;
  std::optional<SlabAllocator> rival_;
  std::byte* rivals_block_ = nullptr;
};

}  // namespace
}  // namespace cenote::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  cenote::fuzz::Input in{{bytes, count}};
  cenote::fuzz::Life<cenote::fuzz::Slabs>{in}.run();
  return 0;
}
