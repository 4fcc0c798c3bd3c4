/// A profile as the flame graph's scripts take it: `new FlameView(element).show(profile)` of
/// flame/assets/flame_view.js.
///
///     {
///       "types":    [{"type": "inuse_space", "unit": "bytes"}, ...],
///       "default":  1,                                  index of a type
///       "strings":  ["", "main", "/src/main.cpp", ...],  each once; [0] is ""
///       "frames":   [[function, file, line, module, is_inlined], ...]   the first, second and fourth index strings; is_inlined is 0 or 1
///       "samples":  [{"stack": [frame, ...], "values": [one for each type], "labels": [[key, value], ...]}, ...]   stacks begin with main
///       "comments": ["..."],
///       "unix_milliseconds": 0, "duration_milliseconds": 0,   0: not known
///       "period": 524288, "period_unit": "bytes"
///     }
#pragma once

#include <nlohmann/json.hpp>

#include "../profile/heap_samples.hpp"

namespace cenote::cli {

nlohmann::json to_json(const HeapSamples& profile);

}  // namespace cenote::cli
