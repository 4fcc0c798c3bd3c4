/// A reader that was found to hold blocks back for too long, and was not reported yet.
#pragma once

#include <array>

#include <cenote/epoch_domain.hpp>
#include <cenote/handlers.hpp>

namespace cenote {

struct EpochDomain::Stall {
  bool found = false;
  StalledReader reader{};
  std::array<char, sizeof(EpochRecord::thread_name)> thread{};  // the record may serve another one soon

  void report() noexcept {
    if (!found) return;
    reader.thread = thread.data();
    report_stalled_reader(reader);
  }
};

}  // namespace cenote
