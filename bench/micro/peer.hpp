#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cenote {

/// An allocator under test: its functions, reached through pointers, whichever library they lie in.
struct Peer {
  std::string name;
  void* (*allocate)(std::size_t size);
  void (*deallocate)(void* block);
  void* (*allocate_zeroed)(std::size_t count, std::size_t size);
  void* (*reallocate)(void* block, std::size_t size);
  int (*allocate_aligned)(void** block, std::size_t alignment, std::size_t size);  // as posix_memalign
};

/// A cenote::Heap within this program, which is no malloc: what the embedded library costs beside the
/// replacement.
Peer heap_peer();

/// All peers of this machine. Names each missing one on standard error.
std::vector<Peer> load_peers();

/// Restarts the program with room for the peers' thread-local variables where there is none yet.
///
/// Those of libjemalloc, 2.6 KB, must lie in the block that the loader sets aside at the start, by default
/// too small.
void make_room_for_thread_locals(char** arguments);

}  // namespace cenote
