/// Makes the kernel refuse system calls, as containers and browsers do, to the calling thread and to what it
/// starts from then on. For good: take a thread or a process that ends.
///
/// Source      seccomp(2); Linux's Documentation/userspace-api/seccomp_filter.rst.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace cenote::test {

/// All calls about nodes, about where threads run, and about other threads' fences.
inline constexpr std::initializer_list<long> kNumaCalls = {
    SYS_mbind,         SYS_set_mempolicy,     SYS_get_mempolicy, SYS_move_pages,
    SYS_migrate_pages, SYS_sched_setaffinity, SYS_getcpu,        SYS_membarrier};

class Sandbox {
 public:
  /// What is forbidden fails with this error.
  explicit Sandbox(int error) : error_{static_cast<unsigned>(error)} { load(offsetof(seccomp_data, nr)); }

  /// Whether the kernel has sandboxes (qemu's emulation of one program has none).
  static bool exists() { return ::prctl(PR_GET_SECCOMP) >= 0; }

  Sandbox& forbid(std::initializer_list<long> calls) {
    for (const long call : calls) refuse_if(call);
    return *this;
  }
  /// These kinds of madvise too. To be called last.
  Sandbox& forbid_advice(std::initializer_list<int> kinds) {
    constexpr int kAdvice = 2;
    step(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, static_cast<std::uint8_t>(1 + 2 * kinds.size()));
    load(offsetof(seccomp_data, args[kAdvice]));  // the low half, on little-endian machines
    for (const int kind : kinds) refuse_if(kind);
    return *this;
  }
  /// False when the kernel refuses: then nothing is forbidden.
  [[nodiscard]] bool enter() {
    step(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const sock_fprog filter{static_cast<unsigned short>(steps_.size()), steps_.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
  }

 private:
  /// Jumps skip so many of the steps that follow, if it is so and if it is not.
  void step(unsigned code, long value, std::uint8_t yes = 0, std::uint8_t no = 0) {
    steps_.push_back({static_cast<std::uint16_t>(code), yes, no, static_cast<std::uint32_t>(value)});
  }
  void load(std::size_t offset) { step(BPF_LD | BPF_W | BPF_ABS, static_cast<long>(offset)); }
  void refuse_if(long value) {
    step(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    step(BPF_RET | BPF_K, static_cast<long>(SECCOMP_RET_ERRNO | error_));
  }

  unsigned error_;
  std::vector<sock_filter> steps_;
};

}  // namespace cenote::test
