// A program that seems to carry cenote of another version. It ends with its stdin.
#include <cstdio>

#include <cenote/detail/anchor.hpp>

#include "os/elf_note.hpp"

[[gnu::used]] extern constinit const cenote::stats::AnchorHead g_anchor_of_another_version{.layout = 1};
CENOTE_ELF_NOTE("2", "g_anchor_of_another_version");

int main() {
  std::puts("ready");
  std::fflush(stdout);
  return std::getchar() == 'x';
}
