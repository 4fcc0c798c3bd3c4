#include "heap/passed_blocks.hpp"

#include <algorithm>
#include <cstring>

#include <cenote/detail/size_classes.hpp>

namespace cenote::passed_blocks {

Result<void*> allocate(HeapCore& core, std::size_t bytes, std::size_t alignment) noexcept {
  const Result<void*> block = core.passed->take(bytes, alignment);
  core.central_pool.budget().report_passed();
  return block;
}

Result<void*> allocate_zeroed(HeapCore& core, std::size_t bytes) noexcept {
  const Result<void*> block = allocate(core, bytes, kBlockAlignment);
  if (block) std::memset(*block, 0, bytes);
  return block;
}

Result<void*> reallocate(HeapCore& core, void* block, std::size_t bytes) noexcept {
  const MallocBlocks::Found found = core.passed->find(block);
  if (found.error != AllocError{}) return found.error;
  const Result<void*> fresh = allocate(core, bytes, kBlockAlignment);
  if (!fresh) return fresh;
  std::memcpy(*fresh, block, std::min(bytes, found.bytes));
  static_cast<void>(deallocate(core, block));
  return fresh;
}

Result<void> deallocate(HeapCore& core, void* block, std::size_t bytes) noexcept {
  const MallocBlocks::Found found = core.passed->give(block, bytes);
  return found.error == AllocError{} ? Result<void>{} : Result<void>{found.error};
}

Result<std::size_t> usable_size(const HeapCore& core, const void* block) noexcept {
  const MallocBlocks::Found found = core.passed->find(block);
  if (found.error != AllocError{}) return found.error;
  return found.bytes;
}

}  // namespace cenote::passed_blocks
