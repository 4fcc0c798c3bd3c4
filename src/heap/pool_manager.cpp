#include <cenote/base/alloc_failure.hpp>
#include <cenote/base/misuse.hpp>
#include <cenote/heap/pool_manager.hpp>

#include "heap/manager_core.hpp"

namespace cenote {

PoolManager::PoolManager(const ManagerOptions& options) : core_{ManagerCore::create(options).value()} {}

Result<PoolManager> PoolManager::create(const ManagerOptions& options) noexcept {
  const Result<ManagerCore*> core = ManagerCore::create(options);
  if (!core) return core.error();
  return PoolManager{*core};
}

PoolManager& PoolManager::operator=(PoolManager&& other) noexcept {
  if (this != &other) {
    if (core_ != nullptr) release();
    core_ = std::exchange(other.core_, nullptr);
  }
  return *this;
}

void PoolManager::release() noexcept { ManagerCore::destroy(*std::exchange(core_, nullptr)); }

Result<Block> PoolManager::try_allocate_fixed(std::size_t size) noexcept {
  return core_->allocate(size, size);
}

Block PoolManager::allocate_fixed(std::size_t size) { return try_allocate_fixed(size).value(); }

Result<Block> PoolManager::try_allocate_between(std::size_t min, std::size_t max) noexcept {
  return core_->allocate(min, max);
}

Block PoolManager::allocate_between(std::size_t min, std::size_t max) {
  const Result<Block> block = try_allocate_between(min, max);
  if (!block && block.error() == AllocError::bad_option) throw AllocFailure{"min", "is above max"};
  return block.value();
}

void PoolManager::deallocate(Block block) noexcept {
  const Result<void> done = try_deallocate(block);
  if (!done) report_misuse({done.error(), block.data(), core_->name()});
}

Result<void> PoolManager::try_deallocate(Block block) noexcept { return core_->deallocate(block); }

Result<void> PoolManager::prepopulate(std::size_t size, std::size_t count) noexcept {
  return core_->prepopulate(size, count);
}

std::size_t PoolManager::available(std::size_t size) const noexcept { return core_->available(size); }

std::size_t PoolManager::trim() noexcept { return core_->trim(); }

ManagerStats PoolManager::stats() const { return core_->stats(); }

}  // namespace cenote
