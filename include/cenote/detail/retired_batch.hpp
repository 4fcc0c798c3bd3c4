/// Retired blocks travel in batches: from the thread that retired them to the domain, and from there to their pools.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/retired.hpp>

namespace cenote {

struct RetiredBatch {
  static constexpr std::uint32_t kBlocksMax = Retired::kTogetherMax;

  RetiredBatch* next = nullptr;   // of its list
  std::uint64_t epoch = 0;        // all its blocks were out of reach when this one ended,
  std::uint64_t first_epoch = 0;  // and the first of them when this one did
  std::uint32_t count = 0;
  std::uint32_t room = 0;  // blocks that the domain has been charged for
  std::array<Retired, kBlocksMax> blocks{};

  bool is_full() const noexcept { return count >= room; }
  void add(const Retired& block) noexcept { blocks[count++] = block; }
  /// All its blocks, those of one pool together. Runs their destructors: under no lock.
  void give_back() noexcept;
};

/// First in, first out.
///
/// Threads     one at a time: its owner's lock.
class BatchList {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  RetiredBatch* front() const noexcept { return first_; }
  RetiredBatch* back() const noexcept { return last_; }

  void push_back(RetiredBatch& batch) noexcept {
    batch.next = nullptr;
    (last_ != nullptr ? last_->next : first_) = &batch;
    last_ = &batch;
  }
  /// Null when there is none.
  RetiredBatch* pop_front() noexcept {
    RetiredBatch* const batch = first_;
    if (batch == nullptr) return nullptr;
    first_ = batch->next;
    if (first_ == nullptr) last_ = nullptr;
    return batch;
  }

 private:
  RetiredBatch* first_ = nullptr;
  RetiredBatch* last_ = nullptr;
};

}  // namespace cenote
