// A program that has slabs but neither a heap nor a snapshot of its own. It ends with its stdin.
#include <cstdio>

#include <cenote/slab_allocator.hpp>

int main() {
  cenote::SlabAllocator slabs{{.name = "slabs alone"}};
  for (int i = 0; i < 10; ++i) static_cast<void>(slabs.allocate(1024));
  std::puts("ready");
  std::fflush(stdout);
  return std::getchar() == 'x';
}
