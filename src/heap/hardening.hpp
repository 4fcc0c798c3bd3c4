/// What a checked or full heap does beyond handing blocks out and taking them back.
///
///     state of a block    never --allocate--> live --deallocate--> freed --allocate--> live
///
/// checked  a free of what is not live is refused, exactly, whoever made it
/// full     freed blocks are filled, up to 64 KiB of each, wait in a quarantine, and are looked at when they leave it and before they
///          are handed out again: a write after the free is reported as a double_free, the nearest name there is
#pragma once

#include <cstddef>

#include <cenote/base/alloc_error.hpp>

#include "heap/block_service.hpp"
#include "heap/heap_core.hpp"

namespace cenote::hardening {

/// A block is about to be handed out; `aligned`: more than malloc's alignment was asked for. Not for huge blocks, which the table of
/// huge blocks knows.
void on_allocate(HeapCore& core, void* block, std::size_t bytes, bool aligned) noexcept;

/// Whether only malloc's alignment was asked for, as far as the heap knows.
bool has_default_alignment(const HeapCore& core, const void* block,
                           const block_service::Found& found) noexcept;

/// Whether `block`, as found, is in use: AllocError{}, or what is wrong with freeing it.
AllocError check_live(const HeapCore& core, const void* block, const block_service::Found& found) noexcept;

/// A live block is about to be freed: marks it. AllocError{}, or double_free when another thread was faster.
AllocError on_deallocate(HeapCore& core, void* block, const block_service::Found& found) noexcept;

/// A block of a full heap has waited long enough: whether somebody wrote to it meanwhile.
void on_leave_quarantine(const HeapCore& core, const void* block, const block_service::Found& found) noexcept;

/// What to say of a pointer that `find` did not find: double_free when it was a block once, else foreign_block.
AllocError explain_unknown(const HeapCore& core, const void* block) noexcept;

}  // namespace cenote::hardening
