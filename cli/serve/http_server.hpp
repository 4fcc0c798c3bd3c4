/// HTTP: takes questions from a socket and sends the answers back.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "answer.hpp"

namespace cenote::cli {

/// Serves from construction to destruction, in threads of its own.
class HttpServer {
 public:
  using Reply = std::function<std::shared_ptr<const Answer>(const Question&)>;

  /// Port 0: any that is free. Throws Failure when it cannot listen there.
  HttpServer(const std::string& host, int port, const Reply& reply);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  [[nodiscard]] int port() const noexcept;

 private:
  struct Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace cenote::cli
