#pragma once

#include <cenote/detail/slab.hpp>

namespace cenote {

/// Lies on the ready list of a cache whose owner is asked for something and has no other slab there: so the refill that looks at the list
/// needs no second look for requests. Always the last, never written.
inline constinit Slab g_request{};

}  // namespace cenote
