#include <algorithm>
#include <memory>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/malloc_blocks.hpp>
#include <cenote/detail/system.hpp>

#include "os/process.hpp"

namespace cenote {
namespace {

constexpr std::size_t kRowsAtFirst = 512;

os::Region map(os::Memory& memory, std::size_t bytes) noexcept {
  return memory.map(align_up(bytes, os::page_bytes()), os::page_bytes());
}

}  // namespace

// --- life --------------------------------------------------------------------------------------------------

MallocBlocks* MallocBlocks::create(os::Memory& memory, Budget& budget) noexcept {
  const os::Region own = map(memory, sizeof(MallocBlocks));
  if (!own) return nullptr;
  const os::Region table = map(memory, kRowsAtFirst * sizeof(Row));
  if (!table) {
    memory.release(own);
    return nullptr;
  }
  return ::new (own.start) MallocBlocks{memory, budget, table};
}

MallocBlocks::MallocBlocks(os::Memory& memory, Budget& budget, os::Region table) noexcept
    : memory_{memory}, budget_{budget}, table_{table}, row_mask_{kRowsAtFirst - 1} {}

void MallocBlocks::destroy(MallocBlocks* blocks) noexcept {
  for (std::size_t i = 0; i <= blocks->row_mask_; ++i) {
    if (const std::uintptr_t address = blocks->rows()[i].address; address != 0)
      os::program_free(reinterpret_cast<void*>(address));
  }
  blocks->budget_.uncharge(blocks->bytes_);
  os::Memory& memory = blocks->memory_;
  memory.release(blocks->table_);
  blocks->~MallocBlocks();
  memory.release({reinterpret_cast<std::byte*>(blocks), align_up(sizeof(MallocBlocks), os::page_bytes())});
}

// --- the table ---------------------------------------------------------------------------------------------

// The upper bits of a product with 2^64 / golden ratio: Knuth's multiplicative hashing.
std::size_t MallocBlocks::home_of(std::uintptr_t address) const noexcept {
  return static_cast<std::size_t>((std::uint64_t{address} * 0x9e3779b97f4a7c15U) >> 32) & row_mask_;
}

// Its row, or the empty one where it would be.
std::size_t MallocBlocks::index_of(std::uintptr_t address) const noexcept {
  std::size_t index = home_of(address);
  while (rows()[index].address != address && rows()[index].address != 0) index = (index + 1) & row_mask_;
  return index;
}

// What lies behind the row and could not be found past an empty one moves up.
void MallocBlocks::erase(std::size_t index) noexcept {
  std::size_t hole = index;
  for (std::size_t next = (hole + 1) & row_mask_; rows()[next].address != 0; next = (next + 1) & row_mask_) {
    const std::size_t from_home = (next - home_of(rows()[next].address)) & row_mask_;
    if (from_home < ((next - hole) & row_mask_)) continue;
    rows()[hole] = rows()[next];
    hole = next;
  }
  rows()[hole] = {};
}

bool MallocBlocks::make_room() noexcept {
  const std::size_t before = row_mask_ + 1;
  if (count_ < before / 2) return true;
  const os::Region fresh = map(memory_, 2 * before * sizeof(Row));
  if (!fresh) return false;
  const os::Region old = table_;
  table_ = fresh;
  row_mask_ = 2 * before - 1;
  const Row* const old_rows = reinterpret_cast<const Row*>(old.start);
  for (std::size_t i = 0; i < before; ++i) {
    if (old_rows[i].address != 0) rows()[index_of(old_rows[i].address)] = old_rows[i];
  }
  memory_.release(old);
  return true;
}

bool MallocBlocks::was_given_back(std::uintptr_t address) const noexcept {
  return std::find(given_back_.begin(), given_back_.end(), address) != given_back_.end();
}

MallocBlocks::Found MallocBlocks::look_up(std::uintptr_t address) const noexcept {
  if (address == 0) return {};
  const Row& row = rows()[index_of(address)];
  if (row.address == address) return {AllocError{}, row.bytes, row.note};
  return {.error = was_given_back(address) ? AllocError::double_free : AllocError::foreign_block};
}

// --- blocks ------------------------------------------------------------------------------------------------

bool MallocBlocks::insert(Row row) noexcept {
  const os::LockGuard guard{lock_};
  if (!make_room()) return false;
  rows()[index_of(row.address)] = row;
  ++count_;
  bytes_ += row.bytes;
  return true;
}

Result<void*> MallocBlocks::take(std::size_t bytes, std::size_t alignment, std::uint64_t note) noexcept {
  if (!budget_.charge_unreported(bytes)) return AllocError::limit_reached;
  void* const block = os::program_malloc(bytes, alignment);
  if (block != nullptr && insert({address_of(block), bytes, note})) return block;
  if (block != nullptr) os::program_free(block);
  budget_.uncharge(bytes);
  return AllocError::out_of_memory;
}

MallocBlocks::Found MallocBlocks::find(const void* address) noexcept {
  const os::LockGuard guard{lock_};
  return look_up(address_of(address));
}

MallocBlocks::Found MallocBlocks::claim(const void* block, std::size_t bytes) noexcept {
  const os::LockGuard guard{lock_};
  Found found = look_up(address_of(block));
  if (found.error != AllocError{}) return found;
  if (bytes != kAnySize && bytes != found.bytes) {
    found.error = AllocError::size_mismatch;
    return found;
  }
  erase(index_of(address_of(block)));
  --count_;
  bytes_ -= found.bytes;
  budget_.uncharge(found.bytes);
  given_back_[next_given_] = address_of(block);
  next_given_ = (next_given_ + 1) % kRemembered;
  return found;
}

void MallocBlocks::free_claimed(void* block) noexcept { os::program_free(block); }

MallocBlocks::Found MallocBlocks::give(void* block, std::size_t bytes) noexcept {
  const Found found = claim(block, bytes);
  if (found.error == AllocError{}) free_claimed(block);
  return found;
}

bool MallocBlocks::owns(const void* address) noexcept {
  const os::LockGuard guard{lock_};
  Row* const first = rows();
  return std::any_of(first, first + row_mask_ + 1, [address](const Row& row) {
    return row.address != 0 && address_of(address) - row.address < row.bytes;
  });
}

std::size_t MallocBlocks::count() noexcept {
  const os::LockGuard guard{lock_};
  return count_;
}

std::size_t MallocBlocks::bytes() noexcept {
  const os::LockGuard guard{lock_};
  return bytes_;
}

}  // namespace cenote
