/// What a checked or full heap does beyond handing blocks out and taking them back.
///
///     state of a block    never --allocate--> live --deallocate--> freed --allocate--> live
///
/// checked  a free of what is not live is refused, exactly, whoever made it
/// full     blocks are zeroed, and end in a canary; freed ones are filled, or made inaccessible, and wait in
///          a quarantine
///
///     a live block of a full heap    | requested bytes | guard | seal, requested size |
///                                    ^ block                   ^ kCanaryBytes before the next block
///
/// The canary also is what lies before the next block: it is looked at when that one is freed, too. What is
/// damaged when it is looked at is reported as damage (base/damage.hpp): the write itself happened at some
/// time before.
#pragma once

#include <cstddef>

#include <cenote/result.hpp>

#include "heap/block_service.hpp"
#include "heap/heap_core.hpp"

namespace cenote::hardening {

/// Bytes that a block of a full heap has beyond those requested, at least. Writes to the 16 bytes before a
/// block damage no user's bytes.
inline constexpr std::size_t kCanaryBytes = 16;

/// Why a call is wrong; `damage`: what a write has damaged, null when nothing is damaged.
struct Wrong {
  AllocError error{};
  const char* damage = nullptr;

  explicit operator bool() const noexcept { return error != AllocError{}; }
};

/// A block is about to be handed out by a checked heap; `aligned`: more than malloc's alignment was
/// requested. Not for huge blocks, which the table of huge blocks knows.
void on_allocate(HeapCore& core, void* block, bool aligned) noexcept;

/// Whether only malloc's alignment was asked for, as far as the heap knows.
bool has_default_alignment(const HeapCore& core, const void* block,
                           const block_service::Found& found) noexcept;

/// Whether `block`, as found, is in use: AllocError{}, or what is wrong with freeing it.
AllocError check_live(const HeapCore& core, const void* block, const block_service::Found& found) noexcept;

/// A live block of a checked heap is about to be freed: marks it. AllocError{}, or double_free when another
/// thread was faster.
AllocError on_deallocate(HeapCore& core, void* block, const block_service::Found& found) noexcept;

/// What to say of a pointer that `find` did not find: double_free when it was a block once, else
/// foreign_block.
AllocError explain_unknown(const HeapCore& core, const void* block) noexcept;

// --- full heaps ----------------------------------------------------------------------------------------

/// A block of `size` zero bytes; an error when there is no memory.
Result<void*> allocate(HeapCore& core, HotLists& hot, std::size_t size, std::size_t alignment) noexcept;

/// Bytes that the user of a live block requested; size_mismatch when its canary is damaged.
Result<std::size_t> requested_bytes(const HeapCore& core, const void* block,
                                    const block_service::Found& found) noexcept;

/// Resizes a live block without a copy of its bytes, `old_size` of which were requested; null when that needs
/// one.
void* resize(HeapCore& core, void* block, const block_service::Found& found, std::size_t old_size,
             std::size_t size) noexcept;

/// Takes a live block back: into the quarantine, when its canary is whole and no other thread was faster.
Wrong deallocate(HeapCore& core, void* block, const block_service::Found& found) noexcept;

/// Takes a block back for good that has left the quarantine, after a look whether somebody wrote to it
/// meanwhile. False when the system refuses access to it: then it waits on.
bool on_leave_quarantine(HeapCore& core, Quarantine::Entry entry) noexcept;

/// Empties the quarantine of a heap that is about to be destroyed.
void end_quarantine(HeapCore& core) noexcept;

}  // namespace cenote::hardening
