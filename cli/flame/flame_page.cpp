#include "flame_page.hpp"

#include <ctime>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "../report/page.hpp"
#include "../serve/json.hpp"
#include "../text/units.hpp"
#include "flame_assets.hpp"
#include "profile_json.hpp"

namespace cenote::cli {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;

/// JSON within an element of HTML: nothing in it may end the element.
std::string script_safe(std::string json) {
  for (std::size_t at = json.find('<'); at != std::string::npos; at = json.find('<', at))
    json.replace(at, 1, "\\u003c");
  return json;
}

std::string facts(const HeapSamples& profile) {
  std::vector<std::string> out{fmt::format("{} call stack{}",
                                           format_count(static_cast<double>(profile.samples.size())),
                                           profile.samples.size() == 1 ? "" : "s")};
  if (profile.period > 1 && profile.period_unit == "bytes")
    out.push_back(
        fmt::format("one sample for each {} in the mean", format_bytes(static_cast<double>(profile.period))));
  if (profile.duration_ns > 0)
    out.push_back("of " + format_seconds(static_cast<double>(profile.duration_ns) / kNanosecondsPerSecond));
  if (profile.unix_ns > 0) {
    const auto seconds =
        static_cast<std::time_t>(static_cast<double>(profile.unix_ns) / kNanosecondsPerSecond);
    out.push_back(fmt::format("taken {:%Y-%m-%d %H:%M}", fmt::localtime(seconds)));
  }
  for (const std::string& comment : profile.comments) out.push_back(comment);
  return fmt::format("{}", fmt::join(out, " · "));
}

}  // namespace

std::string flame_page(const HeapSamples& profile, std::string_view name) {
  Element content("article");
  content.add(page_header("cenote flame", name, facts(profile)))
      .add(Element("section").set("id", "flame").set("aria-label", "Flame graph"))
      .add(text_element("noscript", "This page needs JavaScript."))
      .add(Element("script")
               .set("id", "profile")
               .set("type", "application/json")
               .raw(script_safe(dump(to_json(profile)))))
      .add(Element("script").set("type", "module").raw(flame_script()));
  return html_page(fmt::format("{} · cenote flame", name), content, flame_css());
}

}  // namespace cenote::cli
