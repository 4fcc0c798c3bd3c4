#include <cerrno>

#include <cenote/heap.hpp>

#include "peer.hpp"

namespace cenote {
namespace {

/// A heap as a program would embed it: with the default options, and a check at each call.
Heap& heap() {
  static Heap instance{{.name = "bench"}};
  return instance;
}

int allocate_aligned(void** block, std::size_t alignment, std::size_t size) {
  const Result<void*> result = heap().try_allocate(size, alignment);
  *block = result ? *result : nullptr;
  return result ? 0 : ENOMEM;
}

}  // namespace

Peer heap_peer() {
  return {
      .name = "Heap",
      .allocate = [](std::size_t size) { return heap().allocate(size); },
      .deallocate = [](void* block) { heap().deallocate(block); },
      .allocate_zeroed = [](std::size_t count,
                            std::size_t size) { return *heap().try_allocate_zeroed(count, size); },
      .reallocate = [](void* block, std::size_t size) { return heap().reallocate(block, size); },
      .allocate_aligned = allocate_aligned,
  };
}

}  // namespace cenote
