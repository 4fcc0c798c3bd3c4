/// Holds, frees and waits, so that its heap profile is known: profiled [wait|fork|deep|one]
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace site {

[[gnu::noinline]] void* keep(std::size_t bytes) {
  void* const block = std::malloc(bytes);
  asm volatile("" : : "r"(block) : "memory");
  return block;
}

[[gnu::noinline]] void pass(std::size_t bytes) {
  auto* const block = new char[bytes];
  asm volatile("" : : "r"(block) : "memory");
  delete[] block;
}

/// Keeps a block at each depth.
[[gnu::noinline]] void deep(int depth, void** kept) {
  *kept = keep(100);
  if (depth > 1) deep(depth - 1, kept + 1);
  asm volatile("" ::: "memory");  // no tail call
}

[[gnu::noinline]] void throws() { throw std::runtime_error{"thrown through sampled frames"}; }

}  // namespace site

int main(int argc, char** argv) {
  static std::array<void*, 100> kept;
  const std::string_view deed = argc > 1 ? argv[1] : "";
  if (deed == "one") {
    kept[0] = site::keep(1000);
    return 0;
  }
  for (void*& block : kept) block = site::keep(1000);
  for (int i = 0; i < 500; ++i) site::pass(300);
  std::thread{[] { site::pass(5000); }}.join();
  try {
    site::throws();
  } catch (const std::runtime_error&) {
  }
  if (deed == "deep") site::deep(100, kept.data());
  if (deed == "wait") {
    std::puts("ready");
    std::fflush(stdout);
    char letter = 0;
    while (::read(0, &letter, 1) < 0) continue;
  }
  if (deed == "fork") {
    const pid_t child = ::fork();
    if (child == 0) {
      for (void*& block : kept) block = site::keep(2000);
      std::exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }
  return 0;
}
