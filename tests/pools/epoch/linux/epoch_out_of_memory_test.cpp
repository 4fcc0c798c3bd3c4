/// What a domain does when the system refuses memory for its records and lists: in a process of its own,
/// which has no addresses left.
#include <cstdlib>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "pools/epoch/tracked.hpp"
#include "support/address_limit.hpp"

namespace cenote::test {
namespace {

class EpochOutOfMemoryDeathTest : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers themselves need memory";
#endif
    if (!address_limits_hold()) GTEST_SKIP() << "this system keeps no limit on addresses";
  }
};

/// From now on the system maps nothing more.
void refuse_memory() { limit_addresses(0); }
void grant_memory() { limit_addresses(RLIM_INFINITY); }

/// Retires until a call is refused; how many were not.
std::size_t retire_until_refused(EpochDomain& domain, FixedPool<int>& pool, AllocError& error) {
  for (std::size_t done = 0;; ++done) {
    int* const block = pool.allocate();
    const Result<void> retired = domain.try_retire(pool, block);
    if (retired) continue;
    error = retired.error();
    pool.deallocate(block);
    return done;
  }
}

int retire_without_memory() {
  FixedPool<int> pool{{.capacity = 100'000, .prefault = true}};
  EpochDomain domain{{.retired_max = 0}};
  domain.retire(pool, pool.allocate());  // some lists there are
  domain.collect();
  std::optional<EpochDomain::Guard> guard{domain.enter()};
  refuse_memory();
  AllocError error{};
  const std::size_t done = retire_until_refused(domain, pool, error);
  if (error != AllocError::out_of_memory || domain.stats().waiting != done || pool.in_use() != done ||
      done == 0)
    return 1;
  int* const block = pool.allocate();
  try {
    domain.retire(pool, block);
    return 2;
  } catch (const AllocFailure& failure) {
    if (failure.error() != AllocError::out_of_memory) return 3;
  }
  guard.reset();
  domain.retire(pool, block);  // what waited has gone back: there are lists again
  if (domain.collect() == 0 || pool.in_use() != 0) return 4;
  return 0;
}

int guard_without_record() {
  FixedPool<int> pool{{.capacity = 1000, .prefault = true}};
  EpochDomain domain;
  domain.retire(pool, pool.allocate());  // a list there is
  domain.collect();
  std::thread{[&] {
    refuse_memory();
    std::optional<EpochDomain::Guard> outer{domain.enter()};
    {
      auto inner = domain.enter();
      domain.retire(pool, pool.allocate());
    }
    if (domain.collect() != 0 || domain.stats().readers != 1) std::_Exit(1);
    outer.reset();
    if (domain.collect() != 1 || domain.stats().threads != 1) std::_Exit(2);
    grant_memory();
  }}.join();
  return 0;
}

TEST_F(EpochOutOfMemoryDeathTest, ARefusedBlockStaysTheCallersAndNothingIsLost) {
  EXPECT_EXIT(std::_Exit(retire_without_memory()), testing::ExitedWithCode(0), "");
}

TEST_F(EpochOutOfMemoryDeathTest, AThreadWithoutARecordOfItsOwnIsGuardedAllTheSame) {
  EXPECT_EXIT(std::_Exit(guard_without_record()), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace cenote::test
