/// Lets tests choose the memory behind all heaps of the process.
#pragma once

#include <cenote/memory_source.hpp>

#include "engine/pages/backing.hpp"

namespace cenote::test {

/// Puts `memory` behind all heaps for a scope. It must outlive what is reserved through it.
class Behind {
 public:
  explicit Behind(os::Memory& memory)
      : pages_{&g_backing.pages.exchange_memory(memory)}, huge_{&g_backing.huge.exchange_memory(memory)} {}
  ~Behind() {
    g_backing.pages.exchange_memory(*pages_);
    g_backing.huge.exchange_memory(*huge_);
  }
  Behind(const Behind&) = delete;
  Behind& operator=(const Behind&) = delete;

 private:
  os::Memory* pages_;
  os::Memory* huge_;
};

}  // namespace cenote::test
