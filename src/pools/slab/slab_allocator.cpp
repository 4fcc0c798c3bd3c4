#include <cenote/result.hpp>
#include <cenote/slab_allocator.hpp>

namespace cenote {

SlabCore* SlabAllocator::open_or_throw(const SlabOptions& options, const annotate::Marks* marks) {
  if (!os::has_memory(options.numa_node)) throw AllocFailure{"numa_node", os::kNoSuchNode};
  if (!SlabCore::are_sound(options)) throw AllocFailure{"classes", "is none of halves, quarters"};
  SlabCore* const core = SlabCore::open(options, marks);
  if (core == nullptr) throw_alloc_failure(AllocError::out_of_memory);
  return core;
}

}  // namespace cenote
