// foonathan/memory: a pool of nodes that grows by blocks of them.

#include <foonathan/memory/container.hpp>
#include <foonathan/memory/memory_pool.hpp>

#include "cases/one_thread.hpp"

namespace cenote {
namespace {

class FoonathanPool {
  using Pool = foonathan::memory::memory_pool<foonathan::memory::node_pool>;

 public:
  explicit FoonathanPool(std::size_t blocks) : pool_{kBlock, Pool::min_block_size(kBlock, blocks)} {}
  void* allocate() { return pool_.allocate_node(); }
  void deallocate(void* block) { pool_.deallocate_node(block); }

 private:
  Pool pool_;
};

void enter(Effort effort) { enter_one_thread<FoonathanPool>("foonathan", effort); }

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
