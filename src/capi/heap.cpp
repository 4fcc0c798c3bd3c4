#include <cstddef>

#include <cenote/cenote.h>
#include <cenote/heap.hpp>

#include "capi/arguments.hpp"
#include "capi/objects.hpp"

struct cenote_heap {
  cenote::Heap heap;
};

namespace cenote::capi {
namespace {

using Options = cenote_heap_options;

constexpr std::size_t kEnds[] = {
    offsetof(Options, name),     offsetof(Options, limit_bytes), offsetof(Options, hardening),
    offsetof(Options, pages),    offsetof(Options, numa_node),   offsetof(Options, pass_through),
    sizeof(cenote_heap_options),
};

constinit Objects<cenote_heap> g_heaps{};

// Its pointer is that of the Heap within, as for all of these.
cenote_heap* process_heap() noexcept {
  static_assert(std::is_standard_layout_v<cenote_heap> && sizeof(cenote_heap) == sizeof(Heap));
  return reinterpret_cast<cenote_heap*>(&Heap::process());
}

cenote_error allocate(cenote_heap* heap, std::size_t size, std::size_t alignment, void** block) noexcept {
  if (heap == nullptr || block == nullptr) [[unlikely]]
    return CENOTE_BAD_OPTION;
  return store(heap->heap.try_allocate(size, alignment), block);
}

}  // namespace
}  // namespace cenote::capi

using namespace cenote;
using namespace cenote::capi;

cenote_error cenote_heap_create(const cenote_heap_options* options, cenote_heap** heap) noexcept {
  cenote_heap_options known = CENOTE_HEAP_OPTIONS;
  if (heap == nullptr || !read_options(options, known, kEnds)) return CENOTE_BAD_OPTION;
  if (!is_enumerator(known.hardening, 3) || !is_page_kind(known.pages)) return CENOTE_BAD_OPTION;
  return make_object(g_heaps,
                     Heap::create({.name = name_of(known.name),
                                   .limit_bytes = known.limit_bytes,
                                   .hardening = static_cast<Hardening>(known.hardening),
                                   .pages = static_cast<PageKind>(known.pages),
                                   .numa_node = known.numa_node,
                                   .pass_through = known.pass_through != 0}),
                     heap);
}

void cenote_heap_destroy(cenote_heap* heap) noexcept {
  if (heap == process_heap())
    return report_damage({AllocError::bad_option, heap, "malloc"},
                         "cenote_heap_destroy: the process's heap cannot be destroyed");
  destroy_object(g_heaps, heap, "cenote_heap_destroy: the heap is destroyed already");
}

cenote_heap* cenote_heap_process() noexcept { return process_heap(); }

cenote_error cenote_heap_allocate(cenote_heap* heap, size_t size, void** block) noexcept {
  return allocate(heap, size, alignof(std::max_align_t), block);
}

cenote_error cenote_heap_allocate_aligned(cenote_heap* heap, size_t size, size_t alignment,
                                          void** block) noexcept {
  return allocate(heap, size, alignment, block);
}

cenote_error cenote_heap_allocate_zeroed(cenote_heap* heap, size_t count, size_t size,
                                         void** block) noexcept {
  if (heap == nullptr || block == nullptr) return CENOTE_BAD_OPTION;
  return store(heap->heap.try_allocate_zeroed(count, size), block);
}

cenote_error cenote_heap_reallocate(cenote_heap* heap, void* block, size_t size, void** resized) noexcept {
  if (heap == nullptr || resized == nullptr) return CENOTE_BAD_OPTION;
  return store(heap->heap.try_reallocate(block, size), resized);
}

void cenote_heap_deallocate(cenote_heap* heap, void* block) noexcept {
  if (heap == nullptr) [[unlikely]]
    return report_bad_argument("cenote_heap_deallocate: heap is null");
  heap->heap.deallocate(block);
}

size_t cenote_heap_usable_size(const cenote_heap* heap, const void* block) noexcept {
  if (heap == nullptr) return report_bad_argument("cenote_heap_usable_size: heap is null"), 0;
  return heap->heap.usable_size(block);
}

size_t cenote_heap_trim(cenote_heap* heap) noexcept {
  if (heap == nullptr) return report_bad_argument("cenote_heap_trim: heap is null"), 0;
  return heap->heap.trim();
}

void cenote_heap_set_limit(cenote_heap* heap, size_t bytes) noexcept {
  if (heap == nullptr) return report_bad_argument("cenote_heap_set_limit: heap is null");
  heap->heap.set_limit(bytes);
}
