/// Runs a program where the kernel forbids all that has to do with nodes, fences and huge pages; skipped
/// (status 77) where it cannot.
///
///     cenote_sandboxed PROGRAM [ARG...]
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "support/sandbox.hpp"

int main(int argc, char** argv) {
  constexpr int kHuge = 14, kPopulateWrite = 23, kCollapse = 25;  // MADV_...
  if (argc < 2) return 125;
  if (!cenote::test::Sandbox::exists()) {
    std::puts("SKIPPED: this kernel has no sandboxes (seccomp)");
    return 77;
  }
  cenote::test::Sandbox sandbox{EPERM};
  sandbox.forbid(cenote::test::kNumaCalls).forbid_advice({kHuge, kPopulateWrite, kCollapse});
  if (!sandbox.enter()) return 125;
  ::execv(argv[1], argv + 1);
  return 127;
}
