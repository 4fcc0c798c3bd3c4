/// The statistics of this process as JSON, for callers that have no C++ run-time library.
#pragma once

#include <cstddef>
#include <span>

namespace cenote::inspect {

/// Writes to_json(snapshot()) into `out`, cut to fit with a null at its end, and returns the length of the
/// whole text without that null, as snprintf does. Memory for the tables comes from the system, not from
/// malloc. 0 where the system has none.
///
/// Complexity  as stats::snapshot.
/// Threads     any.
std::size_t write_process_json(std::span<char> out) noexcept;

}  // namespace cenote::inspect
