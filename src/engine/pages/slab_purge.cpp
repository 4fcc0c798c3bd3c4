/// Slabs with few blocks in use go back to the system page by page (docs/adr/0023).
#include <array>
#include <bit>

#include <cenote/detail/slab.hpp>

namespace cenote {
namespace {

constexpr std::uint32_t kPartsMax = 16;

constexpr bool has(std::uint32_t parts, std::uint32_t part) noexcept { return (parts >> part & 1) != 0; }

// Page sizes from 4 KiB up: the most parts that a slab of any class comes to.
static_assert([] {
  for (std::size_t page = 4096; page <= kUnitBytes; page *= 2) {
    for (const SlabShape& shape : detail::kClassShapes) {
      if (SlabParts{shape.block_bytes, shape.capacity, page}.count() > kPartsMax) return false;
    }
  }
  return true;
}());

/// Adjacent parts.
struct Run {
  std::uint32_t first;
  std::uint32_t count;
};

template <class Visit>
void for_each_run(std::uint32_t parts, Visit visit) noexcept {
  while (parts != 0) {
    const auto first = static_cast<std::uint32_t>(std::countr_zero(parts));
    const auto count = static_cast<std::uint32_t>(std::countr_one(parts >> first));
    parts &= ~(((1U << count) - 1) << first);
    visit(Run{first, count});
  }
}

/// Those of `parts` whose runs have a whole page: the others would be cut again for nothing.
std::uint32_t with_whole_pages(const SlabParts& all, std::uint32_t parts) noexcept {
  std::uint32_t kept = 0;
  for_each_run(parts, [&](Run run) {
    if (pages_of(all, run.first, run.count, os::page_bytes()).bytes() != 0)
      kept |= ((1U << run.count) - 1) << run.first;
  });
  return kept;
}

}  // namespace

// A part that a block of its neighbour reaches goes only with that block free.
std::uint32_t Slab::parts_without_use(const SlabParts& all) const noexcept {
  std::array<std::uint16_t, kPartsMax + 1> free_blocks{};
  std::uint32_t reached_by_free = std::uint32_t{purged} << 1;
  for (const FreeBlock* block = free; block != nullptr; block = block->next) {
    const auto offset = static_cast<std::size_t>(reinterpret_cast<const std::byte*>(block) - start);
    const std::uint32_t part = all.part_at(offset);
    ++free_blocks[part];
    if (all.reaches_next(offset)) reached_by_free |= 2U << part;
  }
  std::uint32_t unused = 0;
  for (std::uint32_t part = 0; part < all.count() && all.first_block(part + 1) <= frontier; ++part) {
    const bool is_free = !has(purged, part) && free_blocks[part] != 0 &&
                         free_blocks[part] == all.blocks_in(part) &&
                         (!all.is_reached(part) || has(reached_by_free, part));
    if (is_free) unused |= 1U << part;
  }
  return unused;
}

std::uint32_t Slab::drop_free_blocks_in(const SlabParts& all, std::uint32_t dropped) noexcept {
  std::uint32_t blocks = 0;
  for (FreeBlock** at = &free; *at != nullptr;) {
    const auto offset = static_cast<std::size_t>(reinterpret_cast<std::byte*>(*at) - start);
    if (has(dropped, all.part_at(offset))) {
      *at = (*at)->next;
      ++blocks;
    } else {
      at = &(*at)->next;
    }
  }
  return blocks;
}

// What the system refuses to take back is cut again all the same: nothing is lost.
std::size_t Slab::purge_free_parts(os::Memory& memory) noexcept {
  const SlabParts all = parts();
  const std::uint32_t unused = with_whole_pages(all, parts_without_use(all));
  if (unused == 0) return 0;
  carved = static_cast<std::uint16_t>(carved - drop_free_blocks_in(all, unused));
  purged = static_cast<std::uint16_t>(purged | unused);
  std::size_t bytes = 0;
  for_each_run(unused, [&](Run run) {
    const PartPages pages = pages_of(all, run.first, run.count, os::page_bytes());
    if (memory.purge({start + pages.begin, pages.bytes()})) bytes += pages.bytes();
  });
  return bytes;
}

}  // namespace cenote
