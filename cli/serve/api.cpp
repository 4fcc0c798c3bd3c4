#include "api.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "../failure.hpp"
#include "../flame/profile_json.hpp"
#include "../profile/read_pprof.hpp"
#include "assets.hpp"
#include "host_check.hpp"
#include "json.hpp"
#include "size_tally.hpp"

namespace cenote::cli {
namespace {

constexpr const char* kMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

constexpr const char* kBinaryType = "application/octet-stream";

std::shared_ptr<const Answer> made(Answer answer) {
  return std::make_shared<const Answer>(std::move(answer));
}

const Asset* asset_at(const std::string& path) {
  const auto found = std::ranges::find(assets(), path, &Asset::path);
  return found == assets().end() ? nullptr : &*found;
}

/// /api/PID/WHAT
struct ProcessPath {
  pid_t pid = 0;
  std::string what;
};

std::optional<ProcessPath> process_path(std::string_view path) {
  constexpr std::string_view kPrefix = "/api/";
  if (!path.starts_with(kPrefix)) return {};
  path.remove_prefix(kPrefix.size());
  ProcessPath parsed;
  const char* const last = path.data() + path.size();
  const auto [end, error] = std::from_chars(path.data(), last, parsed.pid);
  if (error != std::errc{} || end == last || *end != '/') return {};
  parsed.what.assign(end + 1, last);
  return parsed;
}

std::string key_of(const Question& question) {
  std::string key = question.path;
  for (const auto& [name, value] : question.parameters) key += fmt::format("\n{}={}", name, value);
  return key;
}

Answer nothing_there(const Question& question) {
  return refusal(404, fmt::format("nothing is at '{}'", question.path));
}

}  // namespace

std::shared_ptr<const Answer> Api::answer(const Question& question) {
  if (!is_host_ours(question.host, served_as_))
    return made(refusal(
        403, fmt::format("'{}' is not the name of this server; open it by its address or as localhost",
                         question.host)));
  if (question.method != "GET" && question.method != "HEAD")
    return made(refusal(405, "nothing here can be changed; only GET is answered"));
  if (const Asset* const asset = asset_at(question.path))
    return made({.type = std::string(asset->type), .body = std::string(asset->text)});
  return cache_.get(key_of(question), [&] { return make(question); });
}

Answer Api::make(const Question& question) {
  try {
    if (question.path == "/metrics") return metrics();
    if (question.path == "/api/processes") return {.body = dump(to_json(source_.processes()))};
    if (const auto path = process_path(question.path)) return about_process(path->pid, path->what, question);
    return nothing_there(question);
  } catch (const ProcessEnded& ended) {
    return refusal(410, ended.what());
  } catch (const MakesNoProfile& none) {
    return refusal(404, none.what());
  } catch (const Failure& failure) {
    return refusal(403, failure.what());
  }
}

Answer Api::about_process(pid_t pid, const std::string& what, const Question& question) {
  if (what == "snapshot") return {.body = stats::to_json(source_.snapshot(pid))};
  if (what == "map") return {.body = dump(to_json(source_.map(pid)))};
  if (what == "sizes") return {.body = dump(to_json(tally_sizes(source_.map(pid))))};
  if (what == "slab") return slab(pid, question);
  if (what == "profile") return profile(pid);
  if (what == "profile.pb") return {.type = kBinaryType, .body = source_.profile(pid)};
  return nothing_there(question);
}

Answer Api::slab(pid_t pid, const Question& question) {
  const auto at = question.parameters.find("at");
  const auto address = at == question.parameters.end() ? std::nullopt : address_of_text(at->second);
  if (!address) return refusal(400, "which slab? write ?at=0x and an address in it");
  const auto slab = source_.slab(pid, *address);
  if (!slab) return refusal(404, fmt::format("no slab lies at {} any more", address_text(*address)));
  return {.body = dump(to_json(*slab))};
}

Answer Api::profile(pid_t pid) try {
  nlohmann::json profile = to_json(read_pprof(source_.profile(pid), "profile"));
  profile["recording"] = true;
  return {.body = dump(profile)};
} catch (const MakesNoProfile& none) {
  return {.body = dump({{"recording", false}, {"remedy", none.what()}})};
}

// Processes that end meanwhile are left out, as those that must not be read.
Answer Api::metrics() {
  std::vector<stats::ProcessSnapshot> snapshots;
  for (const ProcessEntry& process : source_.processes()) {
    if (!process.refusal.empty()) continue;
    try {
      snapshots.push_back({process.command, source_.snapshot(process.pid)});
    } catch (const Failure&) {
    }
  }
  return {.type = kMetricsType, .body = stats::to_openmetrics(snapshots)};
}

}  // namespace cenote::cli
