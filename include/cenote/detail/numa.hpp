/// The one door to what the kernel does about NUMA. Above it everything takes an `os::Numa&`, so that a test can pass a machine that is not
/// there. On slow paths only.
///
///     bind        where pages will lie that are not there yet
///     node_of     where a page lies
///     move        pages to another node
///
/// Where the kernel has no such call, or a sandbox forbids it, the answer is `unsupported`, and nothing has changed. Nodes that a cpuset
/// forbids are a `bad_option`. Where a cpuset changes later, pages follow it: bound ones come from the nodes that are left, and from their own
/// again once they are allowed.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/node_set.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>
#include <cenote/topology.hpp>

namespace cenote::os {

enum class Placement : std::uint8_t {
  strict,  ///< on these nodes or nowhere: a touch fails (SIGBUS or the out-of-memory killer) when they are full
  preferred,   ///< on the first of them, elsewhere when it is full
  interleaved  ///< page by page, in turns
};

/// Units       regions are whole pages.
/// Threads     any.
class Numa {
 public:
  virtual const Topology& topology() noexcept = 0;
  /// Nodes whose memory this process may use now.
  virtual NodeSet allowed_nodes() noexcept = 0;
  virtual int current_node() noexcept = 0;
  /// Bytes of a node that nothing uses now, or only the system's file cache; SIZE_MAX where the system does not say. For other numbers 0.
  virtual std::size_t free_bytes(int node) noexcept = 0;

  /// Pages of the region that come into being from now on lie on these nodes. Errors: unsupported; bad_option: no node of them has memory
  /// that is allowed.
  virtual Result<void> bind(Region region, NodeSet nodes, Placement placement) noexcept = 0;
  /// Where the page of an address lies now, by the kernel's own account. Errors: foreign_block: no page is there yet; unsupported.
  virtual Result<int> node_of(const void* address) noexcept = 0;
  /// Moves the pages of a region that are not on `node` there; returns how many went. Pages that are not there yet, or that the kernel
  /// cannot move now, stay. Errors: unsupported; bad_option: the node has no memory that is allowed.
  virtual Result<std::size_t> move(Region region, int node) noexcept = 0;

 protected:
  constexpr Numa() noexcept = default;
  ~Numa() = default;
};

class SystemNuma final : public Numa {
 public:
  const Topology& topology() noexcept override;
  NodeSet allowed_nodes() noexcept override;
  int current_node() noexcept override;
  std::size_t free_bytes(int node) noexcept override;
  Result<void> bind(Region region, NodeSet nodes, Placement placement) noexcept override;
  Result<int> node_of(const void* address) noexcept override;
  Result<std::size_t> move(Region region, int node) noexcept override;
};

/// Usable before main; never torn down.
extern SystemNuma g_system_numa;

}  // namespace cenote::os
