/// What is asked of the server and what it says, apart from how they travel.
#pragma once

#include <map>
#include <string>

namespace cenote::cli {

struct Question {
  std::string method;  // GET, HEAD, ...
  std::string path;    // decoded, without what follows `?`
  std::string host;    // of the header
  std::map<std::string, std::string> parameters{};
};

inline constexpr const char* kJsonType = "application/json";

struct Answer {
  int status = 200;
  std::string type = kJsonType;
  std::string body{};
};

/// {"error": what}, and more words for the program that reads it.
Answer refusal(int status, const std::string& what);

}  // namespace cenote::cli
