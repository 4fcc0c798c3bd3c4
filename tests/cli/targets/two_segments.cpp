// A program with two executable segments, as Node.js has: the linker places the section "other" far from
// .text. `grab_other` holds 2,000 blocks of 5,000 bytes, `grab` holds 1,000. Then it waits for the end of its
// input.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace {

std::array<void*, 3000> g_kept;

}  // namespace

__attribute__((noinline, section("other"))) void grab_other() {
  for (int i = 0; i < 2000; ++i) g_kept[i] = std::malloc(5000);
  asm volatile("" : : "r"(g_kept.data()) : "memory");
}

__attribute__((noinline)) void grab() {
  for (int i = 2000; i < 3000; ++i) g_kept[i] = std::malloc(5000);
  asm volatile("" : : "r"(g_kept.data()) : "memory");
}

int main() {
  grab_other();
  grab();
  std::puts("ready");
  std::fflush(stdout);
  char letter = 0;
  while (::read(0, &letter, 1) < 0) continue;
  return 0;
}
