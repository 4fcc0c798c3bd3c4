#include "conformance/wasi/core_pool.hpp"

#include <cstring>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/handlers.hpp>
#include <cenote/result.hpp>

#include "../../../wasm/core/pool.cpp"
#include "conformance/fixed_subjects.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kRoom = std::size_t{1} << 20;  // below the program's data: cmake/toolchains/wasi.cmake
constexpr std::uint32_t kOwner = wasm::kShared ? 1 : 0;  // of all blocks: a private pool has one end

wasm::Address number_of(const void* block) { return static_cast<wasm::Address>(address_of(block)); }

Result<void> answer_of(std::uint32_t code) {
  if (code <= wasm::kGivenBackToWaiters) return {};
  return static_cast<AllocError>(code);
}

}  // namespace

CorePool::CorePool(const PoolOptions& options, os::Memory&)
    : capacity_{options.capacity}, name_{options.name} {
  const wasm::Address blocks = wasm::open(kItemBytes, kItemBytes, static_cast<std::uint32_t>(capacity_));
  CENOTE_CHECK(blocks + capacity_ * kItemBytes <= kRoom, "the pool would lie on the program's data");
}

// The next begins in zeroed memory, as a module's does.
CorePool::~CorePool() { std::memset(&wasm::header(), 0, kRoom - wasm::kHeader); }

std::size_t CorePool::available() const { return wasm::available(); }

// No handle has an even generation, so this one is refused for that where a block begins.
bool CorePool::owns(const void* block) const {
  return answer_of(wasm::claim_at(number_of(block), 0, kOwner)).error() != AllocError::foreign_block;
}

Result<std::byte*> CorePool::try_allocate() {
  const wasm::Address block = wasm::allocate(kOwner);
  if (block == 0) return AllocError::exhausted;
  return reinterpret_cast<std::byte*>(block);
}

std::byte* CorePool::allocate() {
  const Result<std::byte*> block = try_allocate();
  if (!block) throw AllocFailure{block.error()};
  return *block;
}

Result<void> CorePool::try_deallocate(void* block) { return answer_of(wasm::free(number_of(block), kOwner)); }

void CorePool::deallocate(void* block) {
  const Result<void> done = try_deallocate(block);
  if (!done) report_misuse({done.error(), block, name_.c_str()});
}

TEST(CorePool, AHandleIsClaimedOnce) {
  CorePool pool{{.capacity = 10}, os::g_system_memory};
  const wasm::Address block = number_of(pool.allocate());
  const std::uint32_t generation = wasm::hand_out_at(block, kOwner);
  EXPECT_EQ(wasm::hand_out_at(block, kOwner), generation) << "while it is out";
  EXPECT_TRUE(answer_of(wasm::claim_at(block, generation, kOwner)));
  EXPECT_EQ(answer_of(wasm::claim_at(block, generation, kOwner)).error(), AllocError::double_free);
  EXPECT_NE(wasm::hand_out_at(block, kOwner), generation);
  EXPECT_EQ(answer_of(wasm::claim_at(block + 1, generation, kOwner)).error(), AllocError::foreign_block);
}

TEST(CorePool, AFreeTellsWhetherSomebodyWaits) {
  CorePool pool{{.capacity = 2}, os::g_system_memory};
  const wasm::Address first = number_of(pool.allocate()), second = number_of(pool.allocate());
  EXPECT_EQ(wasm::free(first, kOwner), wasm::kGivenBack);
  wasm::header().waiting.store(1);
  EXPECT_EQ(wasm::free(second, kOwner), wasm::kGivenBackToWaiters);
}

}  // namespace cenote::test
