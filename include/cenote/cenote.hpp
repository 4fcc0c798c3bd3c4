/// All of cenote's public interface.
#pragma once

#include <cstddef>
#include <span>

#include <cenote/base/alloc_error.hpp>
#include <cenote/base/alloc_failure.hpp>
#include <cenote/base/misuse.hpp>
#include <cenote/base/result.hpp>
#include <cenote/heap/heap.hpp>

namespace cenote {

/// A block and its size in bytes.
using Block = std::span<std::byte>;

}  // namespace cenote
