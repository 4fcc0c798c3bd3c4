/// Objects in arenas. An object whose destructor must run has a record behind it, in the same block; a type
/// with a trivial destructor has none.
///
///     | object     |pad| previous, destroy |       | element 0 | element 1 | .. |pad| previous, destroy, count |
///                      ^ record                                                   ^ record
///
/// Records are linked from the newest to the oldest, which is the order in which objects are destroyed.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/chunk_stack.hpp>

namespace cenote {

struct DestructorRecord {
  DestructorRecord* previous;
  void (*destroy)(DestructorRecord& record) noexcept;
};

namespace detail {

struct ArrayRecord : DestructorRecord {
  std::size_t count;
};

/// How `count` objects and their record lie in a block.
template <class T, class Record>
struct ObjectPlan {
  static constexpr bool kRecorded = !std::is_trivially_destructible_v<T>;
  static constexpr std::size_t kAlignment = kRecorded ? std::max(alignof(T), alignof(Record)) : alignof(T);

  static constexpr std::size_t record_offset(std::size_t count) noexcept {
    return align_up(count * sizeof(T), alignof(Record));
  }
  static constexpr std::size_t bytes(std::size_t count) noexcept {
    return kRecorded ? record_offset(count) + sizeof(Record) : count * sizeof(T);
  }
  static void* record_of(void* block, std::size_t count) noexcept {
    return static_cast<std::byte*>(block) + record_offset(count);
  }
  static T* objects_of(DestructorRecord& record, std::size_t count) noexcept {
    auto* const bytes_of_record = reinterpret_cast<std::byte*>(&static_cast<Record&>(record));
    return std::launder(reinterpret_cast<T*>(bytes_of_record - record_offset(count)));
  }
};

template <class T>
using OnePlan = ObjectPlan<T, DestructorRecord>;
template <class T>
using ArrayPlan = ObjectPlan<T, ArrayRecord>;

template <class T>
void destroy_object(DestructorRecord& record) noexcept {
  std::destroy_at(OnePlan<T>::objects_of(record, 1));
}

/// The last one first.
template <class T>
void destroy_array(DestructorRecord& record) noexcept {
  const std::size_t count = static_cast<ArrayRecord&>(record).count;
  T* const first = ArrayPlan<T>::objects_of(record, count);
  for (std::size_t i = count; i != 0; --i) std::destroy_at(first + (i - 1));
}

}  // namespace detail

/// Lives are never given back to the system; that of an arena that has ended serves another one, under
/// another number.
struct ArenaLife {
  std::atomic<std::uint64_t> arena{0};  // its number; 0: it has ended. Written by its thread
  const ChunkStack* chunks = nullptr;   // of that arena; its thread's
  ArenaLife* next = nullptr;            // of the free ones
};

namespace arena_lives {

/// A number that no arena of the process had before, never 0. Threads: any.
std::uint64_t new_number() noexcept;

/// A life for the arena of that number; null when the system refuses memory. Threads: any, lock-free.
ArenaLife* begin(std::uint64_t arena, const ChunkStack& chunks) noexcept;
/// Ends it; null does nothing. Threads: any, lock-free.
void end(ArenaLife* life) noexcept;

}  // namespace arena_lives
}  // namespace cenote
