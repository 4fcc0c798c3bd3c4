/// Where an arena gets its chunks and gives them back: the system, or any pool, heap or arena.
///
///     Arena on_pages;                                                   // the system's
///     BuddyAllocator buddies{{.bytes = 64 << 20}};
///     Arena in_buddies{{.name = "query"}, buddies};                     // which must outlive the arena
///     BlockPool<> blocks{{.block_size = 64 * 1024, .capacity = 100}};
///     Arena in_blocks{{}, blocks};                                      // each chunk is a block
#pragma once

#include <concepts>
#include <cstddef>

#include <cenote/detail/alloc_error.hpp>
#include <cenote/detail/arena_chunk.hpp>
#include <cenote/detail/block.hpp>
#include <cenote/detail/page_kind.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote {

// Version 14 tears compound requirements apart.
// clang-format off

/// Blocks of any size. One without deallocate (an arena) keeps the chunks until it takes all back.
template <class P>
concept SizedChunkPool = requires(P& pool, std::size_t bytes, std::size_t alignment) {
  { pool.try_allocate(bytes, alignment) } noexcept -> std::same_as<Result<void*>>;
};

/// Blocks of one size: each is a chunk.
template <class P>
concept EqualChunkPool = requires(P& pool, const P& looked_at, Block block) {
  { pool.try_allocate() } noexcept -> std::same_as<Result<Block>>;
  { pool.deallocate(block) } noexcept;
  { looked_at.block_size() } noexcept -> std::same_as<std::size_t>;
  { looked_at.alignment() } noexcept -> std::same_as<std::size_t>;
};

template <class P>
concept ChunkPool = SizedChunkPool<P> || EqualChunkPool<P>;

// clang-format on

/// Refers to its upstream, and owns nothing.
///
/// Threads     those of the upstream.
class ChunkSource {
 public:
  ChunkSource(os::Memory& memory) noexcept;  // NOLINT(google-explicit-constructor)
  template <ChunkPool P>
  ChunkSource(P& pool) noexcept  // NOLINT(google-explicit-constructor)
      : upstream_{&pool}, calls_{&kCallsOf<P>} {}

  struct Chunk {
    os::Region region{};
    PageKind pages = PageKind::normal;  // as granted; of a pool always normal, whatever its own are
  };

  /// `wanted` bytes, or where they are not to be had at least `least`; of the system whole pages, of a pool of equal blocks one of them.
  ///
  /// Errors      the upstream's own. A pool of equal blocks: also too_large and bad_alignment, when its blocks are too small or less
  ///             aligned than 16 bytes.
  Result<Chunk> take(std::size_t least, std::size_t wanted, PageKind pages) const noexcept {
    return calls_->take(upstream_, least, wanted, pages);
  }
  void give_back(os::Region chunk) const noexcept { calls_->give_back(upstream_, chunk); }

  /// The system that chunks are mapped from: they are zero at first, and their pages may be given back; null when it is a pool.
  os::Memory* memory() const noexcept;

 private:
  struct Calls {
    Result<Chunk> (*take)(void* upstream, std::size_t least, std::size_t wanted, PageKind pages) noexcept;
    void (*give_back)(void* upstream, os::Region chunk) noexcept;
  };

  template <class P>
  static Result<Chunk> take_from(void* upstream, std::size_t least, std::size_t wanted, PageKind) noexcept {
    P& pool = *static_cast<P*>(upstream);
    if constexpr (SizedChunkPool<P>) {
      for (const std::size_t bytes : {wanted, least}) {
        const Result<void*> block = pool.try_allocate(bytes, kCacheLine);
        if (block) return Chunk{{static_cast<std::byte*>(*block), bytes}};
        if (bytes == least) return block.error();
      }
      return AllocError::out_of_memory;  // not reached
    } else {
      if (pool.block_size() < least) return AllocError::too_large;
      if (pool.alignment() < alignof(ArenaChunk)) return AllocError::bad_alignment;
      const Result<Block> block = pool.try_allocate();
      return block ? Result<Chunk>{Chunk{{block->data(), block->size()}}} : block.error();
    }
  }
  template <class P>
  static void give_back_to(void* upstream, os::Region chunk) noexcept {
    P& pool = *static_cast<P*>(upstream);
    if constexpr (!SizedChunkPool<P>) {
      pool.deallocate(Block{chunk.start, pool.block_size()});
    } else if constexpr (requires { pool.deallocate(static_cast<void*>(chunk.start)); }) {
      pool.deallocate(static_cast<void*>(chunk.start));
    }
  }
  template <class P>
  static constexpr Calls kCallsOf{&take_from<P>, &give_back_to<P>};

  void* upstream_;
  const Calls* calls_;
};

}  // namespace cenote
