/// Blocks of one NUMA pool that go back together.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include <cenote/numa_pool.hpp>

namespace cenote::test {

class Blocks {
 public:
  explicit Blocks(NumaPool& pool) : pool_{pool} {}
  ~Blocks() {
    for (void* const block : blocks_) pool_.deallocate(block);
  }
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  /// One more, written to all over; false when the pool has no such block.
  bool add(std::size_t bytes) { return add_touched(bytes, SIZE_MAX); }
  /// Of which only the first page is there.
  bool add_start(std::size_t bytes) { return add_touched(bytes, 1); }
  const std::vector<void*>& all() const { return blocks_; }

  static constexpr int kFill = 1;

 private:
  bool add_touched(std::size_t bytes, std::size_t touched) {
    const Result<void*> block = pool_.try_allocate(bytes);
    if (!block) return false;
    std::memset(*block, kFill, std::min(touched, pool_.usable_size(*block)));
    blocks_.push_back(*block);
    return true;
  }

  NumaPool& pool_;
  std::vector<void*> blocks_;
};

}  // namespace cenote::test
