/// What a pressure monitor has seen and done.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/pressure.hpp>

namespace cenote {

struct PressureStats {
  PressureLevel level = PressureLevel::none;
  std::size_t bytes_held =
      0;  ///< by the control group that is nearest to its limit, without file pages, at the last look
  std::size_t bytes_limit = 0;      ///< its limit; 0: none
  std::uint64_t stalls = 0;         ///< signals of the kernel that threads waited for memory
  std::uint64_t reactions = 0;      ///< how often heaps were purged
  std::uint64_t callbacks = 0;      ///< calls of the program's callbacks
  std::uint64_t bytes_purged = 0;   ///< that heaps gave back
  std::uint64_t bytes_dropped = 0;  ///< that callbacks said they gave back
  bool hears_stalls = false;        ///< whether the kernel signals stalls to this process
  bool sees_group = false;          ///< whether there is a control group (version 2) to look at
};

}  // namespace cenote
