/// The ways in which a call to a pool, arena or heap can fail: one vocabulary for all of them.
#pragma once

#include <cstdint>
#include <system_error>

namespace cenote {

enum class AllocError : std::uint8_t {
  zero_size = 1,  ///< a request for 0 bytes
  too_large,      ///< more than this pool can ever give
  bad_alignment,  ///< not a power of two, or above what the pool supports
  exhausted,      ///< the pool is empty now; a later call may succeed
  limit_reached,  ///< a byte limit set by the user forbids it
  out_of_memory,  ///< the system refused
  foreign_block,  ///< the pointer is not a block of this pool
  double_free,    ///< the block is free already
  size_mismatch,  ///< the block's size is not the one given
  bad_option,     ///< an option makes no sense (which: in the message)
  unsupported     ///< this platform or kernel cannot do it
};

/// The enumerator's name, "unknown" for a value outside the enumeration. Never null; static storage.
const char* to_string(AllocError error) noexcept;

/// The error in the category "cenote", so that it travels as std::error_code.
std::error_code make_error_code(AllocError error) noexcept;

}  // namespace cenote

template <>
struct std::is_error_code_enum<cenote::AllocError> : std::true_type {};
