#include <cenote/detail/regions.hpp>
#include <cenote/handlers.hpp>
#include <cenote/pool_manager.hpp>
#include <cenote/result.hpp>

#include "pools/manager/manager_core.hpp"

namespace cenote {

Result<ManagerCore*> PoolManager::open(const ManagerOptions& options, const annotate::Marks* marks) noexcept {
  return ManagerCore::create(options, marks);
}

ManagerCore* PoolManager::open_or_throw(const ManagerOptions& options, const annotate::Marks* marks) {
  if (!os::has_memory(options.numa_node)) throw AllocFailure{"numa_node", os::kNoSuchNode};
  return open(options, marks).value();
}

void PoolManager::close(ManagerCore* core) noexcept { ManagerCore::destroy(*core); }

Result<Block> PoolManager::take_fixed(std::size_t size) noexcept { return core_->allocate(size, size); }

Result<Block> PoolManager::take_between(std::size_t min, std::size_t max) noexcept {
  return core_->allocate(min, max);
}

Block PoolManager::allocate_between(std::size_t min, std::size_t max) {
  const Result<Block> block = try_allocate_between(min, max);
  if (!block && block.error() == AllocError::bad_option) throw AllocFailure{"min", "is above max"};
  return block.value();
}

Result<void> PoolManager::give_back(Block block) noexcept { return core_->deallocate(block); }

Result<void> PoolManager::give_back_marked(Block block, const annotate::Marks& marks) noexcept {
  return core_->deallocate_marked(block, marks);
}

bool PoolManager::passes_through() const noexcept { return core_->passes_through(); }

CENOTE_SLOW_PATH void PoolManager::report(AllocError error, Block block) const noexcept {
  report_misuse({error, block.data(), core_->name()});
}

Result<void> PoolManager::prepopulate(std::size_t size, std::size_t count) noexcept {
  return core_->prepopulate(size, count);
}

std::size_t PoolManager::block_size(const void* start) const noexcept { return core_->block_size(start); }

std::size_t PoolManager::available(std::size_t size) const noexcept { return core_->available(size); }

std::size_t PoolManager::trim() noexcept { return core_->trim(); }

ManagerStats PoolManager::stats() const { return core_->stats(); }

}  // namespace cenote
