#include "comparison_json.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

namespace cenote::cli {
namespace {

using Json = nlohmann::ordered_json;

/// A whole number stays one: no 4096.0 bytes.
Json number(double value) {
  if (std::isnan(value)) return nullptr;
  constexpr double kExact = 9e15;
  return value == std::floor(value) && value < kExact ? Json(static_cast<std::uint64_t>(value)) : Json(value);
}

Json spread_json(const Spread& spread) {
  return {{"min", number(spread.min)}, {"median", number(spread.median)}, {"max", number(spread.max)}};
}

Json fields_json(const AllocatorRuns& allocator) {
  Json out;
  for (const Metric& metric : kMetrics) out[metric.field_name] = spread_json(spread_of(allocator, metric));
  return out;
}

Json ratios_json(const Comparison& comparison, const AllocatorRuns& allocator) {
  Json out;
  for (const Metric& metric : kMetrics) {
    const double ratio = ratio_of(comparison, allocator, metric).median;
    out[metric.name] = std::isnan(ratio) ? Json(nullptr) : Json(ratio);
  }
  return out;
}

}  // namespace

std::string comparison_json(const Comparison& comparison) {
  Json out;
  out["command"] = comparison.command;
  out["runs"] = comparison.rounds;
  for (const AllocatorRuns& allocator : comparison.allocators) {
    out["allocators"][allocator.name] = fields_json(allocator);
    out["ratios"][allocator.name] = ratios_json(comparison, allocator);
  }
  constexpr int kIndent = 2;
  return out.dump(kIndent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace cenote::cli
