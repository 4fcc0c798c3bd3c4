#include <cstdio>

#include <fmt/format.h>

#include "../failure.hpp"
#include "../process/signal_gate.hpp"
#include "../serve/api.hpp"
#include "../serve/http_server.hpp"
#include "../serve/remote_source.hpp"
#include "commands.hpp"

namespace cenote::cli {
namespace {

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string url_of(const std::string& host, int port) {
  return host.find(':') == std::string::npos ? fmt::format("http://{}:{}/", host, port)
                                             : fmt::format("http://[{}]:{}/", host, port);
}

void wait_for_a_stop(const SignalGate& signals) {
  while (signals.wait().si_signo == SIGCHLD) {
  }
}

}  // namespace

int serve_command(const ServeOptions& options) {
  const SignalGate signals;
  RemoteSource source(options.processes);
  Api api(source, options.host);
  const HttpServer server(options.host, options.port,
                          [&](const Question& question) { return api.answer(question); });
  fmt::print("{}  (Ctrl-C ends it)\n", url_of(options.host, server.port()));
  std::fflush(stdout);
  if (!is_loopback(options.host))
    fmt::print(stderr, "cenote: note: whoever reaches {} sees what these processes hold\n", options.host);
  wait_for_a_stop(signals);
  return 0;
}

}  // namespace cenote::cli
