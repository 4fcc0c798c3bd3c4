#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include <cenote/detail/fork.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/topology.hpp>

#include "os/linux/small_file.hpp"

namespace cenote::affinity {
namespace {

/// A set of processors as the kernel takes it. The C library's has room for 1,024.
class Mask {
 public:
  void insert(int processor) noexcept {
    constexpr auto kBits = static_cast<int>(8 * sizeof(unsigned long));
    words_[static_cast<std::size_t>(processor / kBits)] |= 1UL << (processor % kBits);
  }
  /// To be those of the calling thread; false when the system does not say.
  bool read() noexcept {
    words_ = {};
    return ::syscall(SYS_sched_getaffinity, 0, sizeof words_, words_.data()) >= 0;
  }
  Result<void> apply() const noexcept {
    if (::syscall(SYS_sched_setaffinity, 0, sizeof words_, words_.data()) == 0) return {};
    return errno == EINVAL ? AllocError::bad_option : AllocError::unsupported;
  }

 private:
  std::array<unsigned long, Topology::kProcessorsMax / (8 * sizeof(unsigned long))> words_{};
};

constinit os::Lock g_lock{os::LockRank::machine};
constinit os::ForkHold g_fork_hold{g_lock};

[[gnu::constructor]] void take_part_in_forks() noexcept { g_fork_hold.enlist(); }

constinit bool g_is_saved = false;  // under g_lock, as below
constinit Mask g_before_pins{};

Result<void> pin(const Mask& mask) noexcept {
  const os::KeepErrno keep;
  const os::LockGuard guard{g_lock};
  Mask before;
  if (!g_is_saved && !before.read()) return AllocError::unsupported;
  const Result<void> done = mask.apply();
  if (done && !std::exchange(g_is_saved, true)) g_before_pins = before;
  return done;
}

}  // namespace

Result<void> pin_to_cpu(int processor) noexcept {
  if (numa::topology().node_of_processor(processor) < 0) return AllocError::bad_option;
  Mask mask;
  mask.insert(processor);
  return pin(mask);
}

Result<void> pin_to_node(int node) noexcept {
  const Topology& machine = numa::topology();
  if (!machine.processor_nodes().contains(node)) return AllocError::bad_option;
  Mask mask;
  for (int processor = 0; processor < Topology::kProcessorsMax; ++processor) {
    if (machine.node_of_processor(processor) == node) mask.insert(processor);
  }
  return pin(mask);
}

Result<void> unpin() noexcept {
  const os::KeepErrno keep;
  const os::LockGuard guard{g_lock};
  return g_is_saved ? g_before_pins.apply() : Result<void>{};
}

}  // namespace cenote::affinity
