#include "answer.hpp"

#include "json.hpp"

namespace cenote::cli {

Answer refusal(int status, const std::string& what) {
  return {.status = status, .body = dump({{"error", what}})};
}

}  // namespace cenote::cli
