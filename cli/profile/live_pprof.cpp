#include "live_pprof.hpp"

#include <iterator>
#include <new>
#include <vector>

#include <cenote/detail/system.hpp>

#include "profile/pprof.hpp"

namespace cenote::cli {
namespace {

std::vector<profile::SiteFigures> sites_of(const inspect::LiveProfile& profile) {
  std::vector<profile::SiteFigures> sites;
  sites.reserve(profile.sites.size());
  for (const inspect::ProfiledSite& site : profile.sites) sites.push_back({&site.place, site.figures});
  return sites;
}

std::vector<const profile::Name*> names_of(const inspect::LiveProfile& profile) {
  std::vector<const profile::Name*> names;
  names.reserve(profile.names.size());
  for (const profile::Name& name : profile.names) names.push_back(&name);
  return names;
}

}  // namespace

std::string live_pprof(const inspect::LiveProfile& profile, std::span<const os::Module> code) {
  const profile::Picture picture{sites_of(profile), names_of(profile), code};
  if (!picture.complete()) throw std::bad_alloc();
  const profile::Moment moment{.unix_ns = os::unix_milliseconds() * 1'000'000,
                               .duration_ns = (os::coarse_milliseconds() - profile.started_ms) * 1'000'000,
                               .rate = profile.rate_bytes,
                               .lost = profile.lost};
  profile::Bytes bytes;
  write_pprof(picture, moment, bytes);
  if (bytes.failed()) throw std::bad_alloc();
  const auto written = bytes.get();
  return {reinterpret_cast<const char*>(written.data()), written.size()};
}

}  // namespace cenote::cli
