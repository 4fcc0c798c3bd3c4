/// How a peer enters the cases. Runs are named case/argument/peer; a peer whose library was not there at
/// build time is not linked in.
#pragma once

#include <cstdint>
#include <string>

#include <benchmark/benchmark.h>

#include "effort.hpp"

namespace cenote {

inline std::string run_name(const char* measured, std::int64_t argument, const char* peer) {
  return std::string(measured) + '/' + std::to_string(argument) + '/' + peer;
}

/// A file's peers: a static object that `main` visits. The order of the visits is nobody's business.
class Registration {
 public:
  explicit Registration(void (*enter)(Effort)) noexcept : enter_{enter}, next_{first_} { first_ = this; }

  static void enter_all(Effort effort) {
    for (const Registration* each = first_; each != nullptr; each = each->next_) each->enter_(effort);
  }

 private:
  inline static constinit const Registration* first_ = nullptr;

  void (*enter_)(Effort);
  const Registration* next_;
};

}  // namespace cenote
