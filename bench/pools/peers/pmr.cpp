// The standard library's pools.

#include <memory_resource>

#include "cases/containers.hpp"
#include "cases/mixed_sizes.hpp"
#include "cases/one_thread.hpp"
#include "cases/two_threads.hpp"

namespace cenote {
namespace {

template <class Resource>
class PmrPool {
 public:
  explicit PmrPool(std::size_t) {}
  void* allocate() { return resource_.allocate(kBlock, alignof(Block64)); }
  void deallocate(void* block) { resource_.deallocate(block, kBlock, alignof(Block64)); }

 private:
  Resource resource_;
};

template <class Resource>
class SizedPmr {
 public:
  void* allocate(std::size_t size) { return resource_.allocate(size); }
  void deallocate(void* block, std::size_t size) { resource_.deallocate(block, size); }

 private:
  Resource resource_;
};

template <class Resource>
class PmrSource {
 public:
  template <class T>
  using Allocator = std::pmr::polymorphic_allocator<T>;
  template <class T>
  Allocator<T> get() {
    return &resource_;
  }

 private:
  Resource resource_;
};

using Unsynchronized = std::pmr::unsynchronized_pool_resource;
using Synchronized = std::pmr::synchronized_pool_resource;

void enter(Effort effort) {
  enter_one_thread<PmrPool<Unsynchronized>>("pmr unsync", effort);
  enter_one_thread<PmrPool<Synchronized>>("pmr sync", effort);
  // A free by another thread than allocated takes it 25 us: fewer of them.
  enter_two_threads<PmrPool<Synchronized>>("pmr sync", effort, 1.0 / 256);
  enter_mixed_sizes<SizedPmr<Unsynchronized>>("pmr unsync", effort);
  enter_containers<PmrSource<Unsynchronized>>("pmr unsync", effort);
  enter_containers<PmrSource<Synchronized>>("pmr sync", effort);
}

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
