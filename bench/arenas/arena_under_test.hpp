/// What the cases ask of an arena.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace cenote {

/// Every arena has a chunk as large as any case needs, from the start where it can be told: growing is not
/// the subject.
inline constexpr std::size_t kChunk = std::size_t{1} << 20;

/// An object with a destructor that the compiler cannot leave out.
struct Destroyed {
  explicit Destroyed(std::uint64_t value) noexcept : words{value, value, value} {}
  Destroyed(const Destroyed&) = delete;
  Destroyed& operator=(const Destroyed&) = delete;
  ~Destroyed() { sum += words[0]; }

  std::uint64_t words[3];
  static inline std::uint64_t sum = 0;
};

// Version 14 tears compound requirements apart.
// clang-format off

/// Blocks aligned to 16; no block is freed alone.
template <class A>
concept ArenaUnderTest = std::default_initializable<A> && requires(A& arena, std::size_t size) {
  { arena.allocate(size) } -> std::same_as<void*>;
  arena.reset();
};
/// Objects that are destroyed at the reset.
template <class A>
concept OwnsObjects = requires(A& arena, std::uint64_t value) {
  { arena.make(value) } -> std::same_as<Destroyed*>;
};
/// Goes back to where it was.
template <class A>
concept GoesBack = requires(A& arena) { arena.go_back(arena.here()); };
// clang-format on

}  // namespace cenote
