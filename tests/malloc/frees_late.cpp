/// A library whose destructor runs after that of a malloc replacement that was loaded before it, and frees
/// blocks then.
#include <cstdlib>

namespace {

void* volatile g_blocks[1000];

[[gnu::constructor]] void allocate() {
  for (void* volatile& block : g_blocks) block = std::malloc(1000);
}

[[gnu::destructor]] void deallocate() {
  for (void* const block : g_blocks) std::free(block);
}

}  // namespace
