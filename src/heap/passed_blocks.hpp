/// What a Heap in pass-through mode does in place of all else: each block is malloc's, within the heap's
/// limit.
#pragma once

#include <cstddef>

#include <cenote/detail/malloc_blocks.hpp>
#include <cenote/result.hpp>

#include "heap/heap_core.hpp"

namespace cenote::passed_blocks {

/// For a request that makes sense. Errors: limit_reached, out_of_memory.
Result<void*> allocate(HeapCore& core, std::size_t bytes, std::size_t alignment) noexcept;
Result<void*> allocate_zeroed(HeapCore& core, std::size_t bytes) noexcept;
/// Always to a new place: who keeps the old address is found.
Result<void*> reallocate(HeapCore& core, void* block, std::size_t bytes) noexcept;
/// `bytes`: what was asked for, or any size.
Result<void> deallocate(HeapCore& core, void* block, std::size_t bytes = MallocBlocks::kAnySize) noexcept;
Result<std::size_t> usable_size(const HeapCore& core, const void* block) noexcept;

}  // namespace cenote::passed_blocks
