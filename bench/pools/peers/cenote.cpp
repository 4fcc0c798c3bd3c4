// Our own pools, as a user has them: throwing allocate(), every free checked. And the adapters for
// containers.

#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/fixed_pool.hpp>
#include <cenote/heap.hpp>
#include <cenote/node_allocator.hpp>
#include <cenote/slab_allocator.hpp>
#include <cenote/stl_allocator.hpp>

#include "cases/buddy.hpp"
#include "cases/containers.hpp"
#include "cases/mixed_sizes.hpp"
#include "cases/one_thread.hpp"
#include "cases/two_threads.hpp"

namespace cenote {
namespace {

template <class Sync>
class FixedPeer {
 public:
  explicit FixedPeer(std::size_t blocks) : pool_{{.capacity = blocks}} {}
  void* allocate() { return pool_.allocate(); }
  void deallocate(void* block) { pool_.deallocate(static_cast<Block64*>(block)); }

  void allocate_many(std::span<void*> blocks) { pool_.try_allocate_many(as_typed(blocks)); }
  void deallocate_many(std::span<void*> blocks) { pool_.deallocate_many(as_typed(blocks)); }

 private:
  static std::span<Block64*> as_typed(std::span<void*> blocks) {
    return {reinterpret_cast<Block64**>(blocks.data()), blocks.size()};
  }

  FixedPool<Block64, Sync> pool_;
};

template <class Sync>
class BlockPeer {
 public:
  explicit BlockPeer(std::size_t blocks) : pool_{{.block_size = kBlock, .capacity = blocks}} {}
  void* allocate() { return pool_.allocate().data(); }
  void deallocate(void* block) { pool_.deallocate(Block{static_cast<std::byte*>(block), kBlock}); }

 private:
  BlockPool<Sync> pool_;
};

template <SizeClasses kClasses>
class SlabPeer {
 public:
  void* allocate(std::size_t size) { return slabs_.allocate(size, alignof(void*)); }
  void deallocate(void* block, std::size_t) { slabs_.deallocate(block); }

 private:
  SlabAllocator slabs_{{.classes = kClasses}};
};

class HeapPeer {
 public:
  void* allocate(std::size_t size) { return heap_.allocate(size); }
  void deallocate(void* block, std::size_t) { heap_.deallocate(block); }

 private:
  Heap heap_;
};

/// Null when it is exhausted, as the cases want it.
class BuddyPeer {
 public:
  void* allocate(std::size_t size) { return buddy_.try_allocate(size).value_or(nullptr); }
  void deallocate(void* block, std::size_t) { buddy_.deallocate(block); }

 private:
  BuddyAllocator buddy_{{.bytes = kBuddyBytes}};
};

struct NodeSource {
  template <class T>
  using Allocator = NodeAllocator<T>;
  template <class T>
  Allocator<T> get() {
    return {};
  }
};

/// StlAllocator over a pool that it makes.
template <class Pool>
class StlSource {
 public:
  template <class T>
  using Allocator = StlAllocator<T, Pool>;
  template <class T>
  Allocator<T> get() {
    return pool_;
  }

 private:
  Pool pool_{};
};

void enter(Effort effort) {
  enter_one_thread<FixedPeer<SingleThread>>("SingleThread", effort);
  enter_one_thread<BlockPeer<SingleThread>>("BlockPool", effort);
  enter_one_thread<FixedPeer<Locked>>("Locked", effort);
  enter_one_thread<FixedPeer<LockFree>>("LockFree", effort);
  enter_one_thread<FixedPeer<ThreadCached>>("ThreadCached", effort);
  enter_two_threads<FixedPeer<Locked>>("Locked", effort);
  enter_two_threads<FixedPeer<LockFree>>("LockFree", effort);
  enter_two_threads<FixedPeer<ThreadCached>>("ThreadCached", effort);
  enter_mixed_sizes<SlabPeer<SizeClasses::quarters>>("Slab", effort);
  enter_mixed_sizes<SlabPeer<SizeClasses::halves>>("Slab halves", effort);
  enter_mixed_sizes<HeapPeer>("Heap", effort);
  enter_buddy<BuddyPeer>("Buddy", effort);
  enter_buddy<HeapPeer>("Heap", effort);
  enter_containers<NodeSource>("NodeAllocator", effort);
  enter_containers<StlSource<Heap>>("Heap", effort);
  enter_containers<StlSource<SlabAllocator>>("Slab", effort);
}

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
