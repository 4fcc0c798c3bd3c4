/// Why a request failed is told to the thread whose request it was.
#include <thread>

#include <gtest/gtest.h>

#include "engine/caches/central_pool.hpp"
#include "support/fake_memory.hpp"

namespace cenote::test {
namespace {

TEST(LastFailure, OfOneThreadIsNotToldToAnother) {
  FakeMemory memory;
  PageHeap pages{memory};
  HugeBlocks huge{memory};
  CentralPool limited{pages, huge, []() noexcept {}};
  CentralPool refused{pages, huge, []() noexcept {}};
  limited.budget().set_limit(1, LimitAction::refuse);
  memory.fail_after(0);

  EXPECT_EQ(limited.allocate_large(100'000, nullptr), nullptr);
  EXPECT_EQ(CentralPool::last_failure(), AllocError::limit_reached);
  std::thread{[&] {
    EXPECT_EQ(limited.allocate_large(100'000, nullptr), nullptr);
    EXPECT_EQ(refused.allocate_large(100'000, nullptr), nullptr);
    EXPECT_EQ(CentralPool::last_failure(), AllocError::out_of_memory);
  }}.join();
  EXPECT_EQ(CentralPool::last_failure(), AllocError::limit_reached);
}

}  // namespace
}  // namespace cenote::test
