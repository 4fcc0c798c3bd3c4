/// Blocks of one NUMA pool, each written to all over; they go back together.
#pragma once

#include <cstring>
#include <vector>

#include <cenote/numa/numa_pool.hpp>

namespace cenote::test {

class Blocks {
 public:
  explicit Blocks(NumaPool& pool) : pool_{pool} {}
  ~Blocks() {
    for (void* const block : blocks_) pool_.deallocate(block);
  }
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  /// False when the pool has no such block.
  bool add(std::size_t bytes) {
    const Result<void*> block = pool_.try_allocate(bytes);
    if (!block) return false;
    std::memset(*block, kFill, pool_.usable_size(*block));
    blocks_.push_back(*block);
    return true;
  }
  const std::vector<void*>& all() const { return blocks_; }

  static constexpr int kFill = 1;

 private:
  NumaPool& pool_;
  std::vector<void*> blocks_;
};

}  // namespace cenote::test
