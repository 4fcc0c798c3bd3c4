#include "profile_json.hpp"

#include <string_view>
#include <unordered_map>
#include <utility>

namespace cenote::cli {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;

/// Each string once.
class Strings {
 public:
  std::size_t index(std::string_view text) {
    const auto [at, is_new] = indexes_.try_emplace(std::string(text), indexes_.size());
    if (is_new) all_.push_back(text);
    return at->second;
  }
  Json take() && { return std::move(all_); }

 private:
  Json all_ = Json::array({""});
  std::unordered_map<std::string, std::size_t> indexes_{{"", 0}};
};

Json frames_of(const HeapSamples& profile, Strings& strings) {
  Json frames = Json::array();
  for (const Frame& frame : profile.frames)
    frames.push_back({strings.index(frame.function), strings.index(frame.file), frame.line,
                      strings.index(frame.module), static_cast<int>(frame.is_inlined)});
  return frames;
}

Json json_of(const HeapSample& sample) {
  Json labels = Json::array();
  for (const Label& label : sample.labels) labels.push_back(Json::array({label.key, label.value}));
  return {{"stack", sample.stack}, {"values", sample.values}, {"labels", std::move(labels)}};
}

}  // namespace

Json to_json(const HeapSamples& profile) {
  Json types = Json::array(), samples = Json::array();
  for (const ValueType& type : profile.types) types.push_back({{"type", type.type}, {"unit", type.unit}});
  for (const HeapSample& sample : profile.samples) samples.push_back(json_of(sample));
  Strings strings;
  Json frames = frames_of(profile, strings);
  return {{"types", std::move(types)},
          {"default", profile.default_type},
          {"strings", std::move(strings).take()},
          {"frames", std::move(frames)},
          {"samples", std::move(samples)},
          {"comments", profile.comments},
          {"unix_milliseconds", profile.unix_ns / kNanosecondsPerMillisecond},
          {"duration_milliseconds", profile.duration_ns / kNanosecondsPerMillisecond},
          {"period", profile.period},
          {"period_unit", profile.period_unit}};
}

}  // namespace cenote::cli
