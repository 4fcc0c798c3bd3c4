#include <cstddef>
#include <memory>
#include <utility>

#include <cenote/block_pool.hpp>
#include <cenote/cenote.h>

#include "capi/arguments.hpp"
#include "capi/objects.hpp"

using namespace cenote;
using namespace cenote::capi;

/// A BlockPool of one of the four policies.
struct cenote_pool {
  explicit cenote_pool(BlockPool<SingleThread>&& pool) noexcept
      : sync{CENOTE_SYNC_SINGLE_THREAD}, single_thread{std::move(pool)} {}
  explicit cenote_pool(BlockPool<Locked>&& pool) noexcept
      : sync{CENOTE_SYNC_LOCKED}, locked{std::move(pool)} {}
  explicit cenote_pool(BlockPool<LockFree>&& pool) noexcept
      : sync{CENOTE_SYNC_LOCK_FREE}, lock_free{std::move(pool)} {}
  explicit cenote_pool(BlockPool<ThreadCached>&& pool) noexcept
      : sync{CENOTE_SYNC_THREAD_CACHED}, thread_cached{std::move(pool)} {}
  ~cenote_pool();
  cenote_pool(const cenote_pool&) = delete;
  cenote_pool& operator=(const cenote_pool&) = delete;

  const cenote_sync sync;
  union {
    BlockPool<SingleThread> single_thread;
    BlockPool<Locked> locked;
    BlockPool<LockFree> lock_free;
    BlockPool<ThreadCached> thread_cached;
  };
};

namespace {

/// Returns visitor(the BlockPool within).
template <class Pool, class Visitor>
auto visit(Pool& pool, Visitor visitor) noexcept {
  switch (pool.sync) {
    case CENOTE_SYNC_SINGLE_THREAD:
      return visitor(pool.single_thread);
    case CENOTE_SYNC_LOCKED:
      return visitor(pool.locked);
    case CENOTE_SYNC_THREAD_CACHED:
      return visitor(pool.thread_cached);
    case CENOTE_SYNC_LOCK_FREE:
      break;
  }
  return visitor(pool.lock_free);
}

}  // namespace

cenote_pool::~cenote_pool() {
  visit(*this, [](auto& blocks) noexcept { std::destroy_at(&blocks); });
}

namespace cenote::capi {
namespace {

using Options = cenote_pool_options;

constexpr std::size_t kEnds[] = {
    offsetof(Options, name),         offsetof(Options, block_size), offsetof(Options, capacity),
    offsetof(Options, capacity_max), offsetof(Options, alignment),  offsetof(Options, sync),
    offsetof(Options, pages),        offsetof(Options, numa_node),  offsetof(Options, prefault),
    offsetof(Options, pass_through), offsetof(Options, reserved),   sizeof(Options),
};

constinit Objects<cenote_pool> g_pools{};

cenote_error create(cenote_sync sync, const PoolOptions& options, cenote_pool** out) noexcept {
  switch (sync) {
    case CENOTE_SYNC_SINGLE_THREAD:
      return make_object(g_pools, BlockPool<SingleThread>::create(options), out);
    case CENOTE_SYNC_LOCKED:
      return make_object(g_pools, BlockPool<Locked>::create(options), out);
    case CENOTE_SYNC_THREAD_CACHED:
      return make_object(g_pools, BlockPool<ThreadCached>::create(options), out);
    case CENOTE_SYNC_LOCK_FREE:
      break;
  }
  return make_object(g_pools, BlockPool<LockFree>::create(options), out);
}

}  // namespace
}  // namespace cenote::capi

cenote_error cenote_pool_create(const cenote_pool_options* options, cenote_pool** pool) noexcept {
  cenote_pool_options known = CENOTE_POOL_OPTIONS;
  if (pool == nullptr || !read_options(options, known, kEnds)) return CENOTE_BAD_OPTION;
  if (!is_enumerator(known.sync, 4) || !is_page_kind(known.pages) || known.reserved != 0)
    return CENOTE_BAD_OPTION;
  return create(known.sync,
                {.block_size = known.block_size,
                 .capacity = known.capacity,
                 .capacity_max = known.capacity_max,
                 .alignment = known.alignment,
                 .pages = static_cast<PageKind>(known.pages),
                 .numa_node = known.numa_node,
                 .prefault = known.prefault != 0,
                 .name = name_of(known.name),
                 .pass_through = known.pass_through != 0},
                pool);
}

void cenote_pool_destroy(cenote_pool* pool) noexcept {
  destroy_object(g_pools, pool, "cenote_pool_destroy: the pool is destroyed already");
}

cenote_error cenote_pool_allocate(cenote_pool* pool, void** block) noexcept {
  if (pool == nullptr || block == nullptr) [[unlikely]]
    return CENOTE_BAD_OPTION;
  return visit(*pool, [block](auto& blocks) noexcept {
    const Result<Block> allocated = blocks.try_allocate();
    if (!allocated) [[unlikely]]
      return to_c(allocated.error());
    *block = allocated->data();
    return CENOTE_OK;
  });
}

void cenote_pool_deallocate(cenote_pool* pool, void* block) noexcept {
  if (pool == nullptr) [[unlikely]]
    return report_bad_argument("cenote_pool_deallocate: pool is null");
  visit(*pool, [block](auto& blocks) noexcept {
    blocks.deallocate(Block{static_cast<std::byte*>(block), blocks.block_size()});
  });
}

size_t cenote_pool_in_use(const cenote_pool* pool) noexcept {
  if (pool == nullptr) return report_bad_argument("cenote_pool_in_use: pool is null"), 0;
  return visit(*pool, [](const auto& blocks) noexcept { return blocks.in_use(); });
}

size_t cenote_pool_capacity(const cenote_pool* pool) noexcept {
  if (pool == nullptr) return report_bad_argument("cenote_pool_capacity: pool is null"), 0;
  return visit(*pool, [](const auto& blocks) noexcept { return blocks.capacity(); });
}

size_t cenote_pool_trim(cenote_pool* pool) noexcept {
  if (pool == nullptr) return report_bad_argument("cenote_pool_trim: pool is null"), 0;
  return visit(*pool, [](auto& blocks) noexcept { return blocks.trim(); });
}
