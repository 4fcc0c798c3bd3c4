#include "process_profile.hpp"

#include "../inspect/process_code.hpp"
#include "../inspect/refusals.hpp"
#include "enrich.hpp"
#include "live_pprof.hpp"

namespace cenote::cli {

std::string process_profile(RemoteProcess& process, Symbolizer& symbolizer) {
  const auto profile = process.live_profile();
  if (!profile) throw makes_no_profile(process.facts());
  const auto code = code_of(process.id());
  if (!code) throw has_ended(process.facts());
  return enriched(live_pprof(*profile, *code), symbolizer);
}

}  // namespace cenote::cli
