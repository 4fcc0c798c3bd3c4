/// The same stdin for every run.
#pragma once

#include <sys/types.h>

#include "../process/file_descriptor.hpp"

namespace cenote::cli {

/// Our own stdin when it can be rewound, as a file can; otherwise an empty one, as only the first run would
/// get it.
class RewoundInput {
 public:
  RewoundInput() noexcept;
  void rewind() const noexcept;
  [[nodiscard]] int descriptor() const noexcept { return nothing_.get(); }

 private:
  off_t start_;             // of stdin; -1 when it cannot be rewound
  FileDescriptor nothing_;  // not open when stdin is used
};

}  // namespace cenote::cli
