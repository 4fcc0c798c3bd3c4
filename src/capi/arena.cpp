#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include <cenote/arena.hpp>
#include <cenote/cenote.h>

#include "capi/arguments.hpp"
#include "capi/objects.hpp"

struct cenote_arena {
  cenote::Arena arena;
};

namespace cenote::capi {
namespace {

using Options = cenote_arena_options;

constexpr std::size_t kEnds[] = {
    offsetof(Options, name),  offsetof(Options, chunk_bytes), offsetof(Options, limit_bytes),
    offsetof(Options, pages), offsetof(Options, reserved),    sizeof(Options),
};

constinit Objects<cenote_arena> g_arenas{};

static_assert(sizeof(Checkpoint) <= sizeof(cenote_checkpoint) && std::is_trivially_copyable_v<Checkpoint>,
              "a cenote_checkpoint is the bytes of a Checkpoint");

cenote_error allocate(cenote_arena* arena, std::size_t size, std::size_t alignment, void** block) noexcept {
  if (arena == nullptr || block == nullptr) [[unlikely]]
    return CENOTE_BAD_OPTION;
  return store(arena->arena.try_allocate(size, alignment), block);
}

}  // namespace
}  // namespace cenote::capi

using namespace cenote;
using namespace cenote::capi;

cenote_error cenote_arena_create(const cenote_arena_options* options, cenote_arena** arena) noexcept {
  cenote_arena_options known = CENOTE_ARENA_OPTIONS;
  if (arena == nullptr || !read_options(options, known, kEnds)) return CENOTE_BAD_OPTION;
  if (!is_page_kind(known.pages) || known.reserved != 0) return CENOTE_BAD_OPTION;
  return make_object(g_arenas,
                     Arena::create({.chunk_bytes = known.chunk_bytes,
                                    .limit_bytes = known.limit_bytes,
                                    .pages = static_cast<PageKind>(known.pages),
                                    .name = name_of(known.name)}),
                     arena);
}

void cenote_arena_destroy(cenote_arena* arena) noexcept {
  destroy_object(g_arenas, arena, "cenote_arena_destroy: the arena is destroyed already");
}

cenote_error cenote_arena_allocate(cenote_arena* arena, size_t size, void** block) noexcept {
  return allocate(arena, size, alignof(std::max_align_t), block);
}

cenote_error cenote_arena_allocate_aligned(cenote_arena* arena, size_t size, size_t alignment,
                                           void** block) noexcept {
  return allocate(arena, size, alignment, block);
}

cenote_checkpoint cenote_arena_checkpoint(cenote_arena* arena) noexcept {
  cenote_checkpoint checkpoint{};
  if (arena == nullptr) return report_bad_argument("cenote_arena_checkpoint: arena is null"), checkpoint;
  const Checkpoint here = arena->arena.checkpoint();
  std::memcpy(&checkpoint, &here, sizeof here);
  return checkpoint;
}

void cenote_arena_restore(cenote_arena* arena, cenote_checkpoint checkpoint) noexcept {
  if (arena == nullptr) return report_bad_argument("cenote_arena_restore: arena is null");
  Checkpoint there;
  std::memcpy(static_cast<void*>(&there), &checkpoint, sizeof there);
  arena->arena.restore(there);
}

void cenote_arena_reset(cenote_arena* arena) noexcept {
  if (arena == nullptr) return report_bad_argument("cenote_arena_reset: arena is null");
  arena->arena.reset();
}

void cenote_arena_reset_scrubbed(cenote_arena* arena, cenote_scrub scrub) noexcept {
  if (arena == nullptr) return report_bad_argument("cenote_arena_reset_scrubbed: arena is null");
  if (!is_enumerator(scrub, 3))
    return report_bad_argument("cenote_arena_reset_scrubbed: scrub is no cenote_scrub");
  arena->arena.reset(static_cast<Scrub>(scrub));
}
