/// All heaps of the process and the thread caches that serve them. Their memory is never given back, only
/// used again: a thread that frees a block may look at a cache whose thread has just ended.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/heap.hpp>

#include "engine/caches/thread_cache.hpp"
#include "engine/pages/purge_schedule.hpp"
#include "heap/heap_core.hpp"

namespace cenote::registry {

/// The process's own heap: always there.
extern constinit HeapCore g_process_core;

/// A new heap; null when the system refuses memory. Any thread.
HeapCore* create_heap(const HeapOptions& options) noexcept;
/// Ends a heap: its caches forget their slabs, its memory goes back. Any thread, when no other is inside a
/// call on it.
void destroy_heap(HeapCore& core) noexcept;

/// A cache that serves the calling thread from `core`; its tiny lists lie at `hot`, in itself when null. Null
/// when the system refuses memory.
ThreadCache* attach_cache(HeapCore& core, HotLists* hot) noexcept;
/// The heap's sampler, made when it has none yet; null when the system refuses memory. Any thread.
ThreadCache* attach_sampler(HeapCore& core) noexcept;
/// A thread lets go of `cache`: its slabs go back or to the abandoned slabs, unless its heap has died and
/// taken them along.
void detach_cache(ThreadCache& cache) noexcept;
/// Whether the heap lives.
bool is_live(std::uint64_t serial) noexcept;
/// How many threads use the heap now.
std::size_t cache_count(HeapCore& core) noexcept;

/// Settles the calling thread's caches for heaps that live, but for the process's: those from `newest` on, by
/// `sibling`.
void settle_siblings(ThreadCache* newest) noexcept;
/// Asks all threads to settle their caches for the heaps within `budget` when they next need a slab's blocks.
/// Any thread.
void ask_to_settle(const Budget& budget) noexcept;
/// Purges free pages of all heaps' slabs that no thread owns, cold ones or any. Returns bytes. Any thread
/// that holds no lock, while purges are paused: what falls free here is purged by the caller.
std::size_t purge_abandoned(AbandonedSlabs::Age age) noexcept;
/// At a tick, threads are asked to look for slabs that are idle, and some that nobody owns are purged when
/// they are cold.
extern const purge_schedule::Sweeper kSweeper;

/// While it is held, no thread cache of a heap comes or goes, so what they point to in their threads' storage
/// is there.
os::Lock& lock() noexcept;

}  // namespace cenote::registry
