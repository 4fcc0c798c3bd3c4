// LLVM: BumpPtrAllocator with slabs as large as the others' chunks.

#include <llvm/Support/Allocator.h>

#include "cases.hpp"

namespace cenote {
namespace {

class Llvm {
 public:
  void* allocate(std::size_t size) { return arena_.Allocate(size, 16); }
  void reset() { arena_.Reset(); }

 private:
  llvm::BumpPtrAllocatorImpl<llvm::MallocAllocator, kChunk, kChunk> arena_;
};

void enter(Effort effort) { enter_one_thread<Llvm>("LLVM", effort); }

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
