#include "library_check.hpp"

#include <fmt/format.h>

#include "../failure.hpp"
#include "../process/measured_run.hpp"
#include "../process/temporary.hpp"

namespace cenote::cli {
namespace {

constexpr std::size_t kOutputMax = 4096;

[[noreturn]] void refuse(std::string_view name, const std::string& library, std::string_view reason) {
  constexpr const char* kRemedy = "is it a shared library for this machine, with all that it needs?";
  throw Failure(fmt::format("{}: the library '{}' does not load: {}; {}", name, library, reason, kRemedy));
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

std::string preload_refusal(std::string_view text, std::string_view library) {
  const std::size_t object = text.find(fmt::format("object '{}'", library));
  if (object == std::string_view::npos) return {};
  constexpr std::string_view kWords = "cannot be preloaded (";
  const std::size_t words = text.find(kWords, object);
  if (words == std::string_view::npos) return {};
  const std::size_t reason = words + kWords.size();
  return std::string(text.substr(reason, text.find("):", reason) - reason));
}

void check_loads(std::string_view name, const std::string& library, const SignalGate& signals) {
  const TemporaryFile output;
  Launch launch{{"/bin/true"}, with_preload(Environment::current(), library), -1, output.descriptor()};
  launch.environment.set("LC_ALL", "C");
  launch.environment.unset("CENOTE_OPTIONS");  // they are for the program
  const RunResult result = measured_run(launch, signals, Leftovers::end_all);
  if (result.interrupted) throw Failure("interrupted", kExitSignalled + *result.interrupted);
  const std::string text = output.tail(kOutputMax);
  if (const std::string reason = preload_refusal(text, library); !reason.empty())
    refuse(name, library, reason);
  if (!result.exit.success()) {
    const std::string said = text.empty() ? "" : " (" + first_line(text) + ")";
    refuse(name, library, "with it /bin/true ends with " + result.exit.description() + said);
  }
}

}  // namespace cenote::cli
