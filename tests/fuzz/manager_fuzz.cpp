// A PoolManager beside the standard's containers: which block serves a request, what is free, what the limit
// forbids.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <cenote/pool_manager.hpp>

#include "engine/pages/backing.hpp"
#include "fuzz/life.hpp"

namespace cenote::fuzz {
namespace {

class Manager {
 public:
  /// For one size when min == max.
  struct Request {
    std::size_t min;
    std::size_t max;
  };

  Manager(Input& in, test::FakeMemory& memory) : memory_{memory} {
    static constexpr std::array<std::size_t, 6> kLimits{0, 0, 300, 10'000, 200'000, 4 << 20};
    options_ = {.limit_bytes = in.one_of(kLimits), .create_on_demand = in.below(4) != 0, .name = kName};
  }

  AllocError open() {
    Result<PoolManager> pool = PoolManager::create(options_);
    if (pool) pool_.emplace(std::move(*pool));
    return pool.error();
  }
  Answers opening() const { return {kDone}; }

  Request read_request(Input& in) const {
    const std::size_t min = read_repeated_size(in);
    switch (in.below(4)) {
      case 0:
        return {min, min + in.below(1000)};
      case 1:
        return {min, read_size(in)};
      default:
        return {min, min};
    }
  }
  Result<Piece> take(const Request& request) {
    const auto [min, max] = request;
    const Result<Block> block =
        min == max ? pool_->try_allocate_fixed(min) : pool_->try_allocate_between(min, max);
    trace("take %zu .. %zu: %s %p", min, max, name_of(block.error()),
          block ? static_cast<void*>(block->data()) : nullptr);
    if (!block) return block.error();
    return Piece{block->data(), block->size(), block->size(), alignof(std::max_align_t)};
  }
  Answers answers_to(const Request& request, const HeapModel& model, AllocError) const {
    const auto [min, max] = request;
    if (min == 0) return {AllocError::zero_size};
    if (min > max) return {AllocError::bad_option};
    if (min > PTRDIFF_MAX - 16) return {AllocError::too_large, AllocError::out_of_memory};
    if (smallest_free(request) != free_.end()) return {kDone};
    if (!options_.create_on_demand) return {AllocError::exhausted};
    if (!fits(min, model)) return {AllocError::limit_reached};
    return {min >> 46 != 0 ? AllocError::out_of_memory : kDone};
  }
  void taken(const Request& request, const Piece& piece, const HeapModel&) {
    const auto found = smallest_free(request);
    expect_equal(piece.size, found == free_.end() ? request.min : found->first, "bytes of the block");
    if (found == free_.end()) return;
    // The one given back last; of those that nobody has had yet, any.
    const std::byte* const last = found->second.back();
    expect(last == piece.start || (last == nullptr && !is_free(piece.start)),
           "another free block than the last");
    forget_free(found);
  }

  AllocError give(std::byte* block, std::size_t size, Way way) {
    if (way == Way::quietly) return pool_->try_deallocate({block, size}).error();
    return heard([&] { pool_->deallocate({block, size}); }, block);
  }
  void given(const Held& held) { note_free(held.size, held.start); }
  Answers wrong_size(const Held& held, std::size_t size) const {
    if (size == held.size) return {};
    return {AllocError::size_mismatch};
  }
  Answers unused(const std::byte* address, bool) const {
    if (is_free(address)) return {AllocError::double_free};
    if (address == rivals_block_.data()) return {AllocError::foreign_block};
    return {AllocError::foreign_block, AllocError::double_free};
  }
  std::byte* rivals_block(Input& in) {
    if (rival_) return rivals_block_.data();
    Result<PoolManager> rival = PoolManager::create({});
    if (!rival) return nullptr;
    rival_.emplace(std::move(*rival));
    rivals_block_ = rival_->try_allocate_fixed(read_size(in)).value_or(Block{});
    return rivals_block_.data();
  }

  void other(Input& in, HeapModel& model) {
    switch (in.below(8)) {
      case 0:
        return trim();
      case 1:
        trace("a tick");
        g_backing.purge_cold();
        return;
      case 2: {
        trace("move");
        PoolManager moved{std::move(*pool_)};
        pool_.emplace(std::move(moved));
        return;
      }
      case 3:
        expect(pool_->try_deallocate({}).has_value(), "null is no block");
        pool_->deallocate({static_cast<std::byte*>(nullptr), in.byte()});
        return;
      default:
        return prepopulate(in, model);
    }
  }

  void look(const HeapModel& model, const Counts& counts) const {
    g_backing.pages.check_invariants();
    const ManagerStats stats = pool_->stats();
    expect_equal(stats.blocks_in_use, model.count(), "blocks in use");
    expect_equal(stats.bytes_in_use, bytes_in_use(model), "bytes in use");
    expect_equal(stats.blocks_free, blocks_free_, "free blocks");
    expect_equal(stats.bytes_free, bytes_free_, "free bytes");
    expect_equal(stats.allocations, counts.taken, "allocations");
    expect_equal(stats.deallocations, counts.taken - model.count(), "deallocations");
    expect_equal(stats.failures, counts.failures, "failures");
    expect(options_.limit_bytes == 0 || stats.bytes_in_use + stats.bytes_free <= options_.limit_bytes,
           "the limit is passed");
    expect(stats.bytes_held >= stats.bytes_in_use + stats.bytes_free, "less is held than there is");
    for (const auto& [size, blocks] : free_)
      expect_equal(pool_->available(size), blocks.size(), "free blocks of a size");
  }

  void finish(Input& in, HeapModel&) {
    if (in.flag()) trim();
  }
  void close() {
    if (rivals_block_.data() != nullptr) rival_->deallocate(rivals_block_);
    rival_.reset();
    pool_.reset();
  }

 private:
  /// Free blocks of each size, the last to be given back last; null: one that nobody has had yet.
  using Free = std::map<std::size_t, std::vector<std::byte*>>;

  static std::size_t read_repeated_size(Input& in) {
    static constexpr std::array<std::size_t, 7> kSizes{1, 16, 63, 64, 100, 4096, 70'000};
    return in.flag() ? in.one_of(kSizes) : read_size(in);
  }

  bool is_free(const std::byte* address) const {
    return std::any_of(free_.begin(), free_.end(), [&](const auto& of_size) {
      return std::find(of_size.second.begin(), of_size.second.end(), address) != of_size.second.end();
    });
  }
  Free::const_iterator smallest_free(const Request& request) const {
    const auto found = free_.lower_bound(request.min);
    return found != free_.end() && found->first <= request.max ? found : free_.end();
  }
  void note_free(std::size_t size, std::byte* block) {
    free_[size].push_back(block);
    ++blocks_free_;
    bytes_free_ += size;
  }
  void forget_free(Free::const_iterator of_size) {
    --blocks_free_;
    bytes_free_ -= of_size->first;
    const auto found = free_.find(of_size->first);
    found->second.pop_back();
    if (found->second.empty()) free_.erase(found);
  }

  static std::size_t bytes_in_use(const HeapModel& model) {
    std::size_t bytes = 0;
    for (const Held& held : model) bytes += held.size;
    return bytes;
  }
  bool fits(std::size_t bytes, const HeapModel& model) const {
    return options_.limit_bytes == 0 || bytes <= options_.limit_bytes - bytes_in_use(model) - bytes_free_;
  }

  void prepopulate(Input& in, const HeapModel& model) {
    const std::size_t size = read_repeated_size(in);
    const std::size_t count = in.below(16) == 0 ? SIZE_MAX / 2 + in.below(9) : in.below(9);
    const std::size_t refusals = memory_.refusals();
    const AllocError said = pool_->prepopulate(size, count).error();
    trace("prepopulate %zu of %zu: %s", count, size, name_of(said));
    if (said == AllocError::out_of_memory && memory_.refusals() != refusals) return;
    answers_to_prepopulate(size, count, model).expect(said);
    if (said != kDone) return;
    for (std::size_t i = 0; i < count; ++i) note_free(size, nullptr);
  }
  Answers answers_to_prepopulate(std::size_t size, std::size_t count, const HeapModel& model) const {
    if (size == 0) return {AllocError::zero_size};
    if (size > PTRDIFF_MAX - 16) return {AllocError::too_large, AllocError::out_of_memory};
    if (count == 0) return {kDone};
    std::size_t bytes = 0;
    const bool overflows = __builtin_mul_overflow(size, count, &bytes);
    if (options_.limit_bytes != 0 && (overflows || !fits(bytes, model))) return {AllocError::limit_reached};
    if (overflows || bytes > PTRDIFF_MAX / 2) return {AllocError::too_large, AllocError::out_of_memory};
    return {bytes >> 46 != 0 ? AllocError::out_of_memory : kDone};
  }

  void trim() {
    const std::size_t trimmed = pool_->trim();
    trace("trim: %zu", trimmed);
    expect_equal(trimmed, bytes_free_, "bytes trimmed");
    free_.clear();
    bytes_free_ = blocks_free_ = 0;
  }

  test::FakeMemory& memory_;
  ManagerOptions options_;
  std::optional<PoolManager> pool_;
  std::optional<PoolManager> rival_;
  Block rivals_block_;
  Free free_;
  std::size_t blocks_free_ = 0;
  std::size_t bytes_free_ = 0;
};

}  // namespace
}  // namespace cenote::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  cenote::fuzz::Input in{{bytes, count}};
  cenote::fuzz::Life<cenote::fuzz::Manager>{in}.run();
  return 0;
}
