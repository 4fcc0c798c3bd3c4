#include <cenote/buddy_allocator.hpp>
#include <cenote/handlers.hpp>

#include "pools/buddy/buddy_core.hpp"

namespace cenote {

BuddyCore* BuddyAllocator::open(const BuddyOptions& options, os::Memory& memory) {
  const BuddyPlanOutcome outcome = BuddyCore::plan(options);
  if (outcome.error == AllocError::bad_option) throw AllocFailure{outcome.option, outcome.problem};
  return try_open(options, memory).value();
}

Result<BuddyCore*> BuddyAllocator::try_open(const BuddyOptions& options, os::Memory& memory) noexcept {
  const BuddyPlanOutcome outcome = BuddyCore::plan(options);
  if (outcome.error != AllocError{}) return outcome.error;
  return BuddyCore::create(outcome.plan, options, memory);
}

void BuddyAllocator::release(BuddyCore& core) noexcept { BuddyCore::destroy(core); }

Result<void*> BuddyAllocator::take(std::size_t size, std::size_t alignment) noexcept {
  return core_->allocate(size, alignment);
}

// A block of malloc's is not one of ours: who frees none does not ask for the mode.
AllocError BuddyAllocator::free_at_once(void* block, std::size_t size) noexcept {
  BuddyBlock claimed;
  const AllocError error = core_->claim(block, size, claimed);
  if (error != AllocError{}) [[unlikely]]
    return core_->passes() ? core_->deallocate_passed(block, size) : error;
  core_->put_back(claimed);
  return {};
}

bool BuddyAllocator::passes() const noexcept { return core_->passes(); }

BuddyAllocator::Claim BuddyAllocator::claim(const void* block, std::size_t size) noexcept {
  Claim result{};
  result.error = core_->claim(block, size, result.block);
  return result;
}

void BuddyAllocator::put_back(BuddyBlock block) noexcept { core_->put_back(block); }

std::size_t BuddyAllocator::bytes_of(BuddyBlock block) const noexcept {
  return core_->geometry().block_bytes(block.order);
}

os::Region BuddyAllocator::managed(const BuddyCore& core) noexcept { return core.managed(); }

CENOTE_SLOW_PATH void BuddyAllocator::report(AllocError error, const void* block) const noexcept {
  if (block != nullptr) report_misuse({error, block, core_->name()});
}

std::size_t BuddyAllocator::usable_size(const void* block) const noexcept {
  return core_->usable_size(block);
}

bool BuddyAllocator::owns(const void* address) const noexcept { return core_->owns(address); }

std::size_t BuddyAllocator::alignment_max() const noexcept { return core_->alignment_max(); }

std::size_t BuddyAllocator::largest_free() const noexcept { return core_->largest_free(); }

BuddyStats BuddyAllocator::stats() const noexcept { return core_->stats(); }

std::size_t BuddyAllocator::trim() noexcept { return core_->trim(); }

void BuddyAllocator::check_invariants() const noexcept { core_->check_invariants(); }

}  // namespace cenote
