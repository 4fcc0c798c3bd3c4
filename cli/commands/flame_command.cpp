#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

#include "../failure.hpp"
#include "../flame/flame_page.hpp"
#include "../profile/enrich.hpp"
#include "../profile/read_pprof.hpp"
#include "../profile/symbolizer.hpp"
#include "../report/output_file.hpp"
#include "../text/quoting.hpp"
#include "commands.hpp"

namespace cenote::cli {

int flame_command(const FlameOptions& options) {
  std::error_code error;
  if (std::filesystem::equivalent(options.profile_file, options.page_file, error))
    throw Failure(fmt::format("-o '{}': that is the profile itself", options.page_file));
  std::string bytes = pprof_bytes(options.profile_file);
  read_pprof(bytes, options.profile_file);
  Symbolizer symbolizer;
  const HeapSamples profile = read_pprof(enriched(std::move(bytes), symbolizer), options.profile_file);
  OutputFile page(options.page_file, "-o");
  page.commit(flame_page(profile, std::filesystem::path(options.profile_file).filename().string()));
  if (!page.is_stdout()) fmt::print("{}\n", printable(page.path()));
  return 0;
}

}  // namespace cenote::cli
