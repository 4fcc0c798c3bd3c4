#include "inspect/cached_blocks.hpp"

#include <cenote/detail/geometry.hpp>

#include "inspect/image.hpp"

namespace cenote::inspect {
namespace {

// Lists in a process that goes on meanwhile may lead anywhere, and in circles.
constexpr std::size_t kCachesMax = 1 << 16;

class Walk {
 public:
  Walk(const stats::Peek& peek, const AddressSpace& space, VisitCached visit, void* context) noexcept
      : peek_{peek}, space_{space}, visit_{visit}, context_{context} {}

  void lists_of(const ThreadCache& cache) const noexcept {
    HotLists hot{};
    if (!peek_.read(cache.hot_lists(), hot)) return;
    for (const FreeBlock* list : hot.tiny) list_from(list);
    for (const FreeBlock* list : cache.coarse_lists()) list_from(list);
  }

  void batch(const RemoteBuffer::Batch& batch) const noexcept {
    Image<Slab> slab;
    if (!slab.take(peek_, batch.slab) || batch.count > slab->capacity) return;
    visit_(context_, {batch.slab, batch.head, batch.count, slab->block_bytes, true});
  }

 private:
  // All blocks of a list belong to one slab.
  void list_from(const FreeBlock* first) const noexcept {
    const Slab* at = first == nullptr ? nullptr : space_.descriptor_of(first);
    Image<Slab> slab;
    if (at == nullptr || !slab.take(peek_, at)) return;
    if (slab->kind == UnitKind::interior) {
      at = slab->head;
      if (!slab.take(peek_, at)) return;
    }
    if (slab->kind == UnitKind::slab) visit_(context_, {at, first, length(*slab, first), slab->block_bytes});
  }

  std::uint32_t length(const Slab& slab, const FreeBlock* block) const noexcept {
    const std::size_t slab_bytes = bytes_of(slab.units);
    std::uint32_t blocks = 0;
    while (blocks < slab.capacity && address_of(block) - address_of(slab.start) < slab_bytes) {
      ++blocks;
      if (!peek_.read(block, block)) break;
    }
    return blocks;
  }

  const stats::Peek& peek_;
  const AddressSpace& space_;
  VisitCached visit_;
  void* context_;
};

}  // namespace

std::size_t for_each_cached(const stats::Peek& peek, const AddressSpace& space, const HeapCore& core,
                            VisitCached visit, void* context) noexcept {
  const Walk walk{peek, space, visit, context};
  std::size_t caches = 0;
  for (const ThreadCache* at = core.caches; at != nullptr && caches < kCachesMax; ++caches) {
    Image<ThreadCache> cache;
    if (!cache.take(peek, at)) break;
    walk.lists_of(*cache);
    cache->on_their_way().for_each([&](const RemoteBuffer::Batch& batch) { walk.batch(batch); });
    at = cache->next;
  }
  return caches;
}

}  // namespace cenote::inspect
