// The kernel's calls themselves: libnuma is not everywhere, allocates, and aborts on kernels without NUMA.

#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/topology.hpp>

#include "os/linux/read_topology.hpp"
#include "os/linux/small_file.hpp"

namespace cenote::os {
namespace {

// The kernel copies words of a mask of this many bits, and wants one more than it has: older ones ignore the
// last.
constexpr unsigned long kMaskBits = kNodesMax + 1;

// Static: a cpuset that takes nodes away and gives them back later does not leave the memory bound to others.
int mode_of(Placement placement) noexcept {
  switch (placement) {
    case Placement::strict:
      return MPOL_BIND | MPOL_F_STATIC_NODES;
    case Placement::preferred:
      return MPOL_PREFERRED | MPOL_F_STATIC_NODES;
    case Placement::interleaved:
      return MPOL_INTERLEAVE | MPOL_F_STATIC_NODES;
  }
  return MPOL_DEFAULT;
}

// ENOSYS: a kernel without NUMA; EPERM: a sandbox.
bool is_unsupported(int error) noexcept { return error == ENOSYS || error == EPERM || error == EACCES; }

// What the call of allowed_nodes() says, in a file, for sandboxes that forbid the call. Empty where there is
// no such line.
NodeSet listed_as_allowed() noexcept {
  constexpr std::string_view kField = "Mems_allowed_list:";
  const SmallFile status{"/proc/thread-self/status"};
  const std::size_t at = status.text().find(kField);
  NodeSet nodes;
  if (at != std::string_view::npos)
    for_each_listed(status.text().substr(at + kField.size()), [&](int node) { nodes.insert(node); });
  return nodes;
}

constexpr std::size_t kBatch = 512;  // pages a call

/// The pages of a run, and what the kernel says of each.
struct PageBatch {
  std::array<void*, kBatch> pages;
  std::array<int, kBatch> nodes;
  std::array<int, kBatch> statuses;
};

long move_pages(std::size_t count, PageBatch& batch, const int* nodes) noexcept {
  return ::syscall(SYS_move_pages, 0, count, batch.pages.data(), nodes, batch.statuses.data(), MPOL_MF_MOVE);
}

// How many of the batch's pages came to `node` by the call.
std::size_t move_batch(std::size_t count, PageBatch& batch, int node) noexcept {
  if (move_pages(count, batch, nullptr) < 0) return 0;
  std::size_t elsewhere = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (batch.statuses[i] >= 0 && batch.statuses[i] != node) batch.pages[elsewhere++] = batch.pages[i];
  }
  if (elsewhere == 0) return 0;
  std::fill_n(batch.nodes.begin(), elsewhere, node);
  if (move_pages(elsewhere, batch, batch.nodes.data()) < 0) return 0;
  const auto end = batch.statuses.begin() + static_cast<std::ptrdiff_t>(elsewhere);
  return static_cast<std::size_t>(std::count(batch.statuses.begin(), end, node));
}

}  // namespace

const Topology& SystemNuma::topology() noexcept { return numa::topology(); }
int SystemNuma::current_node() noexcept { return numa::current_node(); }

NodeSet SystemNuma::allowed_nodes() noexcept {
  const KeepErrno keep;
  std::array<unsigned long, 1024 / (8 * sizeof(unsigned long))> mask{};  // as many as a kernel may have
  const long done =
      ::syscall(SYS_get_mempolicy, nullptr, mask.data(), 8 * sizeof mask, nullptr, MPOL_F_MEMS_ALLOWED);
  if (done != 0) {
    const NodeSet listed = listed_as_allowed();
    return listed.empty() ? topology().memory_nodes() : listed;
  }
  std::uint64_t bits = 0;
  for (int node = 0; node < kNodesMax; ++node) {
    constexpr int kWordBits = 8 * sizeof(unsigned long);
    if ((mask[static_cast<std::size_t>(node / kWordBits)] >> (node % kWordBits) & 1) != 0)
      bits |= std::uint64_t{1} << node;
  }
  return NodeSet{bits};
}

// The system drops file pages to make room, so they count as free.
std::size_t SystemNuma::free_bytes(int node) noexcept {
  if (!topology().nodes().contains(node)) return 0;
  const SmallFile file{kSystemDirectory, "/node/node", NumberText{node}, "/meminfo"};
  if (!file.exists()) return SIZE_MAX;
  std::uint64_t bytes = 0;
  for (const std::string_view field : {"MemFree:", "FilePages:"}) bytes += bytes_field(file.text(), field);
  return saturated_size(bytes);
}

Result<void> SystemNuma::bind(Region region, NodeSet nodes, Placement placement) noexcept {
  const KeepErrno keep;
  if (nodes.empty()) return AllocError::bad_option;
  if (placement == Placement::preferred) nodes = NodeSet::of(nodes.first());
  const std::uint64_t bits = nodes.bits();
  std::array<unsigned long, sizeof bits / sizeof(unsigned long) + 1> mask{};
  for (std::size_t word = 0; word + 1 < mask.size(); ++word)
    mask[word] = static_cast<unsigned long>(bits >> (word * 8 * sizeof(unsigned long)));
  if (::syscall(SYS_mbind, region.start, region.bytes, mode_of(placement), mask.data(), kMaskBits, 0U) == 0)
    return {};
  return is_unsupported(errno) ? AllocError::unsupported : AllocError::bad_option;
}

Result<int> SystemNuma::node_of(const void* address) noexcept {
  const KeepErrno keep;
  void* page =
      const_cast<std::byte*>(static_cast<const std::byte*>(address) - address_of(address) % page_bytes());
  int status = 0;
  if (::syscall(SYS_move_pages, 0, 1UL, &page, nullptr, &status, 0) != 0) return AllocError::unsupported;
  if (status < 0) return AllocError::foreign_block;
  return status;
}

Result<std::size_t> SystemNuma::move(Region region, int node) noexcept {
  const KeepErrno keep;
  if (!allowed_nodes().contains(node)) return AllocError::bad_option;
  PageBatch batch;
  std::size_t moved = 0, count = 0;
  if (::syscall(SYS_move_pages, 0, 0UL, nullptr, nullptr, nullptr, 0) != 0 && is_unsupported(errno))
    return AllocError::unsupported;
  for (std::byte* page = region.start; page < region.end(); page += page_bytes()) {
    batch.pages[count++] = page;
    if (count < kBatch && page + page_bytes() < region.end()) continue;
    moved += move_batch(count, batch, node);
    count = 0;
  }
  return moved;
}

constinit SystemNuma g_system_numa{};

}  // namespace cenote::os
