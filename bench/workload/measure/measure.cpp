// measure REPORT_FD PRELOAD|- PROGRAM [ARGUMENT...]
//
// Runs PROGRAM with LD_PRELOAD=PRELOAD and writes to REPORT_FD what the kernel counted of it and its
// children:
//
//   wait status, CPU time of user and of system, wall time (us), peak resident memory (KiB), minor, major
//   page faults
//
// A program's peak counts from its fork on, so it is never below the memory of its parent: this parent is
// small.

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

long microseconds(const timeval& t) { return t.tv_sec * 1'000'000L + t.tv_usec; }

long now_us() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000L + t.tv_nsec / 1000;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: measure REPORT_FD PRELOAD|- PROGRAM [ARGUMENT...]\n", stderr);
    return 2;
  }
  const int report = std::atoi(argv[1]);
  fcntl(report, F_SETFD, FD_CLOEXEC);
  if (std::strcmp(argv[2], "-") != 0) setenv("LD_PRELOAD", argv[2], 1);

  const long start_us = now_us();
  pid_t child = 0;
  if (const int error = posix_spawnp(&child, argv[3], nullptr, nullptr, argv + 3, environ); error != 0) {
    std::fprintf(stderr, "measure: %s: %s\n", argv[3], std::strerror(error));
    return 127;
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  const long wall_us = now_us() - start_us;

  dprintf(report, "%d %ld %ld %ld %ld %ld %ld\n", status, microseconds(usage.ru_utime),
          microseconds(usage.ru_stime), wall_us, usage.ru_maxrss, usage.ru_minflt, usage.ru_majflt);
}
