#include <memory>
#include <new>
#include <utility>

#include <cenote/detail/arena_objects.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

namespace cenote::arena_lives {
namespace {

constinit std::atomic<std::uint64_t> g_numbers{0};
constinit std::atomic<ArenaLife*> g_free{nullptr};

// Who takes the list takes all of it, so no thread reads a link that another may change: there is no ABA
// here.
void put_back(ArenaLife* first, ArenaLife* last) noexcept {
  last->next = g_free.load(std::memory_order_relaxed);
  while (!g_free.compare_exchange_weak(last->next, first, std::memory_order_release,
                                       std::memory_order_relaxed)) {
  }
}

ArenaLife* last_of(ArenaLife* list) noexcept {
  while (list->next != nullptr) list = list->next;
  return list;
}

// A page of them, in a list; null when the system refuses.
ArenaLife* new_page() noexcept {
  const std::size_t page = os::page_bytes();
  const os::Region region = os::g_system_memory.map(page, page);
  if (!region) return nullptr;
  const auto lives = reinterpret_cast<ArenaLife*>(region.start);
  const std::size_t count = page / sizeof(ArenaLife);
  for (std::size_t i = 0; i < count; ++i) {
    std::construct_at(lives + i);
    lives[i].next = i + 1 < count ? lives + i + 1 : nullptr;
  }
  return lives;
}

}  // namespace

std::uint64_t new_number() noexcept { return g_numbers.fetch_add(1, std::memory_order_relaxed) + 1; }

ArenaLife* begin(std::uint64_t arena, const ChunkStack& chunks) noexcept {
  ArenaLife* list = g_free.exchange(nullptr, std::memory_order_acquire);
  if (list == nullptr) list = new_page();
  if (list == nullptr) return nullptr;
  if (ArenaLife* const rest = std::exchange(list->next, nullptr)) {
    // Mostly nobody has put anything back meanwhile, and its end need not be looked for.
    ArenaLife* nothing = nullptr;
    if (!g_free.compare_exchange_strong(nothing, rest, std::memory_order_release, std::memory_order_relaxed))
      put_back(rest, last_of(rest));
  }
  list->chunks = &chunks;
  list->arena.store(arena, std::memory_order_release);
  return list;
}

void end(ArenaLife* life) noexcept {
  if (life == nullptr) return;
  life->arena.store(0, std::memory_order_release);
  put_back(life, life);
}

}  // namespace cenote::arena_lives
