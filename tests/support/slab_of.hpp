/// A slab over memory of its own, without the page heap.
#pragma once

#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include <cenote/detail/slab.hpp>

namespace cenote::test {

struct FreeUnits {
  void operator()(void* p) const { ::operator delete (p, std::align_val_t{kUnitBytes}); }
};

class SlabOf {
 public:
  explicit SlabOf(std::size_t bytes) {
    const SizeClass c = size_class_of(bytes);
    const std::size_t size = bytes_of(slab_units(c));
    memory_.reset(::operator new (size, std::align_val_t{kUnitBytes}));
    std::memset(memory_.get(), 0, size);
    descriptors_ = std::make_unique<Slab[]>(slab_units(c).count);
    slab().open(nullptr, c, static_cast<std::byte*>(memory_.get()), true);
  }
  Slab& slab() { return descriptors_[0]; }
  Slab& unit(std::size_t index) { return descriptors_[index]; }

  /// Cuts and takes `count` blocks.
  std::vector<void*> take(std::uint32_t count) {
    std::vector<void*> blocks;
    while (blocks.size() < count) {
      const auto want = static_cast<std::uint32_t>(count - blocks.size());
      for (FreeBlock* b = slab().carve_before_free(want); b != nullptr; b = b->next) blocks.push_back(b);
    }
    return blocks;
  }

 private:
  std::unique_ptr<void, FreeUnits> memory_;
  std::unique_ptr<Slab[]> descriptors_;
};

}  // namespace cenote::test
