/// A set of NUMA nodes by their numbers, as the kernel counts them.
#pragma once

#include <bit>
#include <cstdint>

namespace cenote::os {

/// Nodes have numbers below; those of larger machines are not seen.
inline constexpr int kNodesMax = 64;

class NodeSet {
 public:
  constexpr NodeSet() noexcept = default;
  explicit constexpr NodeSet(std::uint64_t bits) noexcept : bits_{bits} {}
  static constexpr NodeSet of(int node) noexcept { return NodeSet{is_node(node) ? bit_of(node) : 0}; }

  static constexpr bool is_node(int node) noexcept { return node >= 0 && node < kNodesMax; }
  constexpr bool contains(int node) const noexcept { return is_node(node) && (bits_ & bit_of(node)) != 0; }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  constexpr int count() const noexcept { return std::popcount(bits_); }
  /// The lowest; -1 when there is none.
  constexpr int first() const noexcept { return next_from(0); }
  /// The lowest that is above `node`; -1 when there is none.
  constexpr int next(int node) const noexcept { return next_from(node + 1); }
  constexpr std::uint64_t bits() const noexcept { return bits_; }

  constexpr void insert(int node) noexcept { bits_ |= of(node).bits_; }
  constexpr void erase(int node) noexcept { bits_ &= ~of(node).bits_; }
  friend constexpr NodeSet operator&(NodeSet a, NodeSet b) noexcept { return NodeSet{a.bits_ & b.bits_}; }
  friend constexpr NodeSet operator|(NodeSet a, NodeSet b) noexcept { return NodeSet{a.bits_ | b.bits_}; }
  friend constexpr bool operator==(NodeSet, NodeSet) noexcept = default;

 private:
  static constexpr std::uint64_t bit_of(int node) noexcept { return std::uint64_t{1} << node; }
  constexpr int next_from(int node) const noexcept {
    if (node >= kNodesMax) return -1;
    const std::uint64_t left = bits_ >> node;
    return left == 0 ? -1 : node + std::countr_zero(left);
  }

  std::uint64_t bits_ = 0;
};

}  // namespace cenote::os
