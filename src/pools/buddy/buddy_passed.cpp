/// Pass-through mode: malloc's blocks, each with a block of the allocator's own as its ticket.
#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>

#include "pools/buddy/buddy_core.hpp"

namespace cenote {

bool BuddyCore::open_passed() noexcept {
  passed_ = MallocBlocks::create(*memory_, budget_.shared());
  return passed_ != nullptr;
}

Result<void*> BuddyCore::pass(BuddyBlock ticket, std::size_t size, std::size_t alignment) noexcept {
  std::byte* const its_place = base_ + geometry_.offset_of(ticket);
  const Result<void*> block = passed_->take(size, alignment, address_of(its_place));
  budget_.report_passed();
  BuddyBlock claimed;
  if (!block && claim(its_place, kAnySize, claimed) == AllocError{}) put_back(claimed);
  return block;
}

// Of two threads that give one block back at the same instant the first to claim it has the ticket.
AllocError BuddyCore::deallocate_passed(void* address, std::size_t size) noexcept {
  const MallocBlocks::Found found = passed_->find(address);
  if (found.error != AllocError{}) return found.error;
  auto* const its_place = reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(found.note));
  const UnitState state = states_.at(geometry_.unit_at(offset_of(its_place)));
  if (!state.matches(size, geometry_)) return AllocError::size_mismatch;
  if (const AllocError error = passed_->claim(address).error; error != AllocError{}) return error;
  BuddyBlock ticket;
  const AllocError error = claim(its_place, kAnySize, ticket);
  CENOTE_CHECK(error == AllocError{}, "a passed block without a ticket");
  MallocBlocks::free_claimed(address);
  put_back(ticket);
  return {};
}

std::size_t BuddyCore::usable_size_of_passed(const void* address) const noexcept {
  const MallocBlocks::Found found = passed_->find(address);
  return found.error == AllocError{} ? found.bytes : 0;
}

}  // namespace cenote
