/// What one thread says to one epoch domain, and how a thread finds it: that of the domain it used last at
/// once, others in its table.
///
///     announced   0, or the epoch in which its outermost guard began
///     open        the batch it retires into; whoever takes it out by an exchange has it
#pragma once

#include <array>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/instance_table.hpp>
#include <cenote/memory_source.hpp>

namespace cenote {

struct Retired {
  /// The most blocks in one call of `give_back`.
  static constexpr std::size_t kTogetherMax = 64;
  using GiveBack = void (*)(void* context, std::span<void* const> blocks) noexcept;

  void* block;
  void* context;  // the pool, or the deleter's own bytes
  GiveBack give_back;

  bool goes_with(const Retired& other) const noexcept {
    return give_back == other.give_back && context == other.context;
  }
};

/// A pool to which single objects or blocks go back.
template <class Pool, class T>
concept Reclaims = requires(Pool& pool, T* block) {
  pool.deallocate(block);
};
/// A pool whose blocks come with their size, all of one.
template <class Pool>
concept ReclaimsBlocks = requires(Pool& pool, Block block) {
  pool.deallocate(block);
  { pool.block_size() } -> std::convertible_to<std::size_t>;
};
/// A pool whose blocks come with their size, each its own, which it can tell.
template <class Pool>
concept ReclaimsSizedBlocks = requires(Pool& pool, const void* start, Block block) {
  pool.deallocate(block);
  pool.try_deallocate(block);
  { pool.block_size(start) } -> std::convertible_to<std::size_t>;
};
/// A deleter that fits beside the block: a function, a lambda that captures one pointer at most, a pool's own
/// deleter.
template <class Deleter, class T>
concept SmallDeleter =
    std::invocable<Deleter&, T*> && sizeof(Deleter) <= sizeof(void*) && std::is_trivially_copyable_v<Deleter>;

namespace retired {

template <class T>
void destroy([[maybe_unused]] T* object) noexcept {
  if constexpr (!std::is_void_v<T>) std::destroy_at(object);
}

/// In one call where the pool has one for many.
template <class Pool, class Item>
void deallocate_all(Pool& pool, std::span<Item const> blocks) noexcept {
  if constexpr (requires { pool.deallocate_many(blocks); }) {
    pool.deallocate_many(blocks);
  } else {
    for (const Item block : blocks) pool.deallocate(block);
  }
}

template <class Pool, class T>
void to_pool(void* context, std::span<void* const> blocks) noexcept {
  std::array<T*, Retired::kTogetherMax> objects;
  std::size_t count = 0;
  for (void* const block : blocks) {
    objects[count] = static_cast<T*>(block);
    destroy(objects[count++]);
  }
  deallocate_all(*static_cast<Pool*>(context), std::span<T* const>{objects.data(), count});
}

template <class Pool>
std::size_t size_in(const Pool& pool, [[maybe_unused]] const void* start) noexcept {
  if constexpr (ReclaimsSizedBlocks<Pool>) {
    return pool.block_size(start);
  } else {
    return pool.block_size();
  }
}

template <class Pool>
void to_block_pool(void* context, std::span<void* const> starts) noexcept {
  auto& pool = *static_cast<Pool*>(context);
  std::array<Block, Retired::kTogetherMax> blocks;
  std::size_t count = 0;
  for (void* const start : starts) blocks[count++] = {static_cast<std::byte*>(start), size_in(pool, start)};
  deallocate_all(pool, std::span<const Block>{blocks.data(), count});
}

template <class T, class Deleter>
void to_deleter(void* context, std::span<void* const> objects) noexcept {
  alignas(Deleter) std::array<std::byte, sizeof(void*)> bytes;
  std::memcpy(bytes.data(), &context, sizeof context);
  auto& deleter = *reinterpret_cast<Deleter*>(bytes.data());
  for (void* const object : objects) deleter(static_cast<T*>(object));
}

template <class Pool, class T>
Retired of(Pool& pool, T* object) noexcept {
  using Object = std::remove_cv_t<T>;
  return {const_cast<Object*>(object), std::addressof(pool), &to_pool<Pool, Object>};
}

template <class Pool>
Retired of(Pool& pool, Block block) noexcept {
  return {block.data(), std::addressof(pool), &to_block_pool<Pool>};
}

template <class T, class Deleter>
Retired deleted(T* object, const Deleter& deleter) noexcept {
  void* context = nullptr;
  if constexpr (!std::is_empty_v<Deleter>) std::memcpy(&context, std::addressof(deleter), sizeof deleter);
  return {const_cast<std::remove_cv_t<T>*>(object), context, &to_deleter<T, Deleter>};
}

}  // namespace retired

struct RetiredBatch {
  static constexpr std::uint32_t kBlocksMax = Retired::kTogetherMax;

  RetiredBatch* next = nullptr;   // of its list
  std::uint64_t epoch = 0;        // all its blocks were out of reach when this one ended,
  std::uint64_t first_epoch = 0;  // and the first of them when this one did
  std::uint32_t count = 0;
  std::uint32_t room = 0;  // blocks that the domain has been charged for
  std::array<Retired, kBlocksMax> blocks{};

  bool is_full() const noexcept { return count >= room; }
  void add(const Retired& block) noexcept { blocks[count++] = block; }
  /// All its blocks, those of one pool together. Runs their destructors: under no lock.
  void give_back() noexcept;
};

/// First in, first out.
///
/// Threads     one at a time: its owner's lock.
class BatchList {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  RetiredBatch* front() const noexcept { return first_; }
  RetiredBatch* back() const noexcept { return last_; }

  void push_back(RetiredBatch& batch) noexcept {
    batch.next = nullptr;
    (last_ != nullptr ? last_->next : first_) = &batch;
    last_ = &batch;
  }
  /// Null when there is none.
  RetiredBatch* pop_front() noexcept {
    RetiredBatch* const batch = first_;
    if (batch == nullptr) return nullptr;
    first_ = batch->next;
    if (first_ == nullptr) last_ = nullptr;
    return batch;
  }

 private:
  RetiredBatch* first_ = nullptr;
  RetiredBatch* last_ = nullptr;
};

class EpochDomain;

/// Never given back, only used again.
struct alignas(2 * kCacheLine) EpochRecord {
  std::atomic<std::uint64_t> announced{0};   // its thread: release; collections: acquire
  std::atomic<RetiredBatch*> open{nullptr};  // its thread and collections: exchange, acquire; store, release
  std::atomic<std::uint64_t> retired{0};     // blocks so far; its thread
  std::uint32_t depth = 0;                   // guards within each other; its thread
  std::uint32_t reclaiming = 0;              // its thread is giving blocks back
  bool owes = false;                         // it has retired beyond the limit; its thread

  // Under the domain's lock:
  std::atomic<bool> taken{false};  // a thread has it
  bool reported = false;           // as stalled, in the epoch held_epoch
  std::uint64_t held_epoch = 0;    // in which it was seen holding blocks back first,
  std::uint64_t held_since = 0;    // at this time
  std::uint64_t thread_id = 0;
  std::array<char, 32> thread_name{};
  EpochRecord* next = nullptr;  // of the domain's

  // Under the lock of all domains:
  std::uint64_t serial = 0;  // the domain's; 0: none
  EpochDomain* domain = nullptr;

  /// Whether its thread is where waiting for readers could be waiting for itself.
  bool is_inside() const noexcept { return depth != 0 || reclaiming != 0; }
};

namespace epoch_records {

using Table = os::InstanceTable<EpochRecord>;

[[gnu::tls_model("initial-exec")]] extern thread_local constinit Table t_table;
/// One of the table's entries, within reach of one load.
[[gnu::tls_model("initial-exec")]] extern thread_local constinit Table::Entry t_latest;

/// The calling thread's record of that domain; null when it has none.
inline EpochRecord* find(os::InstanceId domain) noexcept {
  if (t_latest.serial == domain.serial) [[likely]]
    return t_latest.part;
  return t_table.find(domain);
}

/// The same from a slow path, attached when there is none; the next `find` of this domain is the fastest.
/// Null when the thread is past its end, there are too many domains, or the system refuses memory.
EpochRecord* find_or_attach(EpochDomain& domain) noexcept;

/// Enters a domain; without a number when there are too many.
os::InstanceId enter(EpochDomain& domain) noexcept;
/// Forgets a domain and its records; no thread is inside a call on it.
void leave(EpochDomain& domain) noexcept;

}  // namespace epoch_records
}  // namespace cenote
