// A plugin with the library in it: its host knows nothing of cenote.
#include <cenote/heap.hpp>

extern "C" [[gnu::visibility("default")]] void work() {
  static cenote::Heap heap{{.name = "in the plugin"}};
  static_cast<void>(heap.allocate(1024));
}
