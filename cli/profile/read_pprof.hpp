/// Reads pprof's format.
///
/// Source  github.com/google/pprof, proto/profile.proto, whose field numbers these are. Fields that are not
///         known are passed over.
#pragma once

#include <string>
#include <string_view>

#include "heap_samples.hpp"

namespace cenote::cli {

/// The content of the file `path`, without gzip's compression where it has that.
///
/// Errors  throws Failure, which names the file: it cannot be read, is empty, or damaged.
std::string pprof_bytes(const std::string& path);

/// The profile in `bytes`, which are not compressed. Calls have the names that people read.
///
/// Errors  throws Failure: `bytes` are no profile, end in the middle, or refer to what is not there; `name`
///         is named in it.
HeapSamples read_pprof(std::string_view bytes, std::string_view name);

}  // namespace cenote::cli
