#include <cstdio>
#include <optional>

#include <fmt/format.h>

#include "../inspect/remote_process.hpp"
#include "../profile/process_profile.hpp"
#include "../profile/read_pprof.hpp"
#include "../profile/site_list.hpp"
#include "../profile/symbolizer.hpp"
#include "../report/output_file.hpp"
#include "commands.hpp"

namespace cenote::cli {

int profile_command(const ProfileOptions& options) {
  RemoteProcess process(options.process);
  std::optional<OutputFile> file;
  if (!options.file.empty()) file.emplace(options.file, "-o");
  Symbolizer symbolizer;
  const std::string profile = process_profile(process, symbolizer);
  if (file) {
    file->commit(profile);
    return 0;
  }
  const std::string text = site_list(read_pprof(profile, process.command()));
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace cenote::cli
