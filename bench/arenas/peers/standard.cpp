// The standard library's arena, and what one does without: malloc.

#include <memory_resource>
#include <vector>

#include "cases.hpp"
#include "peers/limit.hpp"

namespace cenote {
namespace {

/// With a first buffer of its own, to which release() returns.
class Monotonic {
 public:
  void* allocate(std::size_t size) { return resource_.allocate(size, 16); }
  void reset() { resource_.release(); }

 private:
  Storage<kChunk> storage_;
  std::pmr::monotonic_buffer_resource resource_{reinterpret_cast<void*>(storage_.begin()), kChunk};
};

/// Frees each block in the order in which it was made.
class Malloc {
 public:
  Malloc() { blocks_.reserve(4096); }
  ~Malloc() { reset(); }
  Malloc(const Malloc&) = delete;
  Malloc& operator=(const Malloc&) = delete;

  void* allocate(std::size_t size) { return blocks_.emplace_back(std::malloc(size)); }
  void reset() {
    for (void* const block : blocks_) std::free(block);
    blocks_.clear();
    for (const Destroyed* const object : objects_) delete object;
    objects_.clear();
  }
  Destroyed* make(std::uint64_t value) { return objects_.emplace_back(new Destroyed{value}); }

 private:
  std::vector<void*> blocks_;
  std::vector<Destroyed*> objects_;
};

void enter(Effort effort) {
  enter_one_thread<Monotonic>("pmr monotonic", effort);
  enter_one_thread<Malloc>("malloc", effort);
  enter_threads<LockedArena<Monotonic>>("pmr+mutex", effort);
}

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
