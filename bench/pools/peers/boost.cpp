// Boost's pools. boost::object_pool is left out: it frees in O(n), and with placement new boost::pool does
// the same work.

#include <boost/pool/pool.hpp>
#include <boost/pool/pool_alloc.hpp>

#include "cases/containers.hpp"
#include "cases/one_thread.hpp"
#include "cases/two_threads.hpp"

namespace cenote {
namespace {

class BoostPool {
 public:
  explicit BoostPool(std::size_t blocks) : pool_{kBlock, blocks} {}
  void* allocate() { return pool_.malloc(); }
  void deallocate(void* block) { pool_.free(block); }

 private:
  boost::pool<> pool_;
};

/// Its pool is one of the process, behind a mutex.
class BoostFast {
  using Allocator = boost::fast_pool_allocator<Block64>;
  using Pool = boost::singleton_pool<boost::fast_pool_allocator_tag, kBlock, Allocator::user_allocator,
                                     Allocator::mutex, Allocator::next_size>;

 public:
  explicit BoostFast(std::size_t) {}
  ~BoostFast() { Pool::purge_memory(); }
  void* allocate() { return Allocator::allocate(); }
  void deallocate(void* block) { Allocator::deallocate(static_cast<Block64*>(block)); }
};

struct BoostFastSource {
  template <class T>
  using Allocator = boost::fast_pool_allocator<T>;
  template <class T>
  Allocator<T> get() {
    return {};
  }
};

void enter(Effort effort) {
  enter_one_thread<BoostPool>("boost::pool", effort);
  enter_one_thread<BoostFast>("boost fast", effort);
  enter_two_threads<BoostFast>("boost fast", effort);
  enter_containers<BoostFastSource>("boost fast", effort);
}

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
