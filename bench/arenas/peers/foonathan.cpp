// foonathan/memory: a stack of memory with markers.

#include <foonathan/memory/memory_stack.hpp>

#include "cases.hpp"

namespace cenote {
namespace {

class FoonathanStack {
  using Stack = foonathan::memory::memory_stack<>;

 public:
  void* allocate(std::size_t size) { return stack_.allocate(size, 16); }
  void reset() { stack_.unwind(start_); }
  Stack::marker here() { return stack_.top(); }
  void go_back(Stack::marker before) { stack_.unwind(before); }

 private:
  Stack stack_{2 * kChunk};
  Stack::marker start_ = stack_.top();
};

void enter(Effort effort) { enter_one_thread<FoonathanStack>("foonathan", effort); }

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
