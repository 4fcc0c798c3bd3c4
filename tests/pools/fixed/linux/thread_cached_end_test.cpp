/// Not for MinGW: GCC frees the thread_local variables of a std::thread there before it calls their
/// destructors.
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

#include "pools/fixed/parking.hpp"

namespace cenote::test {
namespace {

struct UsesPoolAtTheEnd {
  Pool* pool = nullptr;
  std::uint64_t* block = nullptr;
  ~UsesPoolAtTheEnd() {
    if (pool == nullptr) return;
    pool->deallocate(block);
    park(*pool, 30);
  }
};

TEST(ThreadCachedEnd, ThreadLocalDestructorsMayUseThePool) {
  Pool pool{{.capacity = 300}};
  for (const bool pool_first : {false, true}) {
    std::thread{[&] {
      if (pool_first) park(pool, 10);
      static thread_local UsesPoolAtTheEnd user;
      user.pool = &pool;
      user.block = pool.allocate();
      park(pool, 100);
    }}.join();
    expect_whole(pool, 300);
  }
}

}  // namespace
}  // namespace cenote::test
