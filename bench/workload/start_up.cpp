// A trivial program: what it costs is the start of a process, the loading of the allocator and its first
// allocation.

#include <cstdlib>

int main() {
  void* volatile block = std::malloc(100);
  std::free(block);
}
