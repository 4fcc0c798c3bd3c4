#include <algorithm>

#include <cenote/handlers.hpp>
#include <cenote/numa_pool.hpp>

#include "pools/numa/numa_core.hpp"

namespace cenote {
namespace {

Result<void> as_result(AllocError error) noexcept {
  return error == AllocError{} ? Result<void>{} : Result<void>{error};
}

// A size that the caller gave, however wrong.
std::size_t exactly(std::size_t size) noexcept { return std::min(size, NumaPart::kAnySize - 1); }

}  // namespace

NumaPool::NumaPool(const NumaOptions& options, os::Numa& numa) : core_{open(options, numa)} {}

NumaCore* NumaPool::open(const NumaOptions& options, os::Numa& numa) {
  if (options.bytes_per_node == 0) throw AllocFailure{"bytes_per_node", "must be above 0"};
  return NumaCore::create(options, numa).value();
}

Result<NumaPool> NumaPool::create(const NumaOptions& options, os::Numa& numa) noexcept {
  const Result<NumaCore*> core = NumaCore::create(options, numa);
  if (!core) return core.error();
  return NumaPool{OwnedCore{*core}};
}

void NumaPool::close(NumaCore* core) noexcept { NumaCore::destroy(*core); }

Result<void*> NumaPool::try_allocate(std::size_t size, std::size_t alignment) noexcept {
  return core_->allocate(size, alignment);
}

Result<void> NumaPool::try_deallocate(void* block) noexcept {
  return block == nullptr ? Result<void>{} : as_result(core_->deallocate(block, NumaPart::kAnySize));
}

Result<void> NumaPool::try_deallocate(void* block, std::size_t size) noexcept {
  return block == nullptr ? Result<void>{} : as_result(core_->deallocate(block, exactly(size)));
}

void NumaPool::deallocate(void* block) noexcept {
  if (const Result<void> done = try_deallocate(block); !done) [[unlikely]]
    report_misuse({done.error(), block, core_->name()});
}

void NumaPool::deallocate(void* block, std::size_t size) noexcept {
  if (const Result<void> done = try_deallocate(block, size); !done) [[unlikely]]
    report_misuse({done.error(), block, core_->name()});
}

std::size_t NumaPool::usable_size(const void* block) const noexcept { return core_->usable_size(block); }
bool NumaPool::owns(const void* address) const noexcept { return core_->owns(address); }
int NumaPool::node_of(const void* address) const noexcept { return core_->node_of(address); }
std::size_t NumaPool::rebalance() noexcept { return core_->rebalance(); }
NumaStats NumaPool::stats() const noexcept { return core_->stats(); }

}  // namespace cenote
