#include "http_server.hpp"

#include <httplib.h>
#include <netdb.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "../failure.hpp"
#include "../process/file_descriptor.hpp"

namespace cenote::cli {
namespace {

constexpr std::size_t kThreads = 16;
constexpr int kPatienceSeconds = 5;  // with a client that says nothing

/// Nothing is loaded from elsewhere, nothing of it is shown in other pages, and no browser guesses what it
/// is.
const httplib::Headers kHeaders{
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri "
     "'none'; "
     "form-action 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-store"},
};

Question question_of(const httplib::Request& request) {
  return {request.method,
          request.path,
          request.get_header_value("Host"),
          {request.params.begin(), request.params.end()}};
}

/// Two servers on one port would get every other request each, which SO_REUSEPORT, the library's wish,
/// allows.
void set_socket_options(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

struct AddressesEnd {
  void operator()(addrinfo* addresses) const noexcept { ::freeaddrinfo(addresses); }
};

/// The errno of binding to the address; 0: it can be bound.
int bind_error(const addrinfo& address) {
  const FileDescriptor socket(::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return errno;
  set_socket_options(socket.get());
  return ::bind(socket.get(), address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
}

/// Asked after the library has failed, which does not say why.
std::string why_not_listening(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &first);
  const std::unique_ptr<addrinfo, AddressesEnd> addresses(first);
  if (error != 0) return fmt::format("--host '{}': {}", host, ::gai_strerror(error));
  const std::string where = fmt::format("cannot listen on port {} of {}: ", port, host);
  switch (const int reason = bind_error(*addresses)) {
    case EADDRNOTAVAIL:
      return fmt::format("--host '{}': not an address of this machine", host);
    case EACCES:
      return where + "it is kept for root; choose one above 1023 with --port, 0 for any";
    case EADDRINUSE:
      return where + "it is taken; choose another with --port, 0 for any";
    default:
      return where + (reason == 0 ? "try again" : std::strerror(reason));
  }
}

}  // namespace

struct HttpServer::Listener {
  httplib::Server server{};
  int port = 0;
  std::atomic<bool> has_ended{false};
  std::jthread thread{};
};

HttpServer::HttpServer(const std::string& host, int port, const Reply& reply)
    : listener_(std::make_unique<Listener>()) {
  httplib::Server& server = listener_->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_socket_options(set_socket_options);
  server.set_default_headers(kHeaders);
  // A connection that is kept holds a thread: on this machine a new one costs less than dozens of idle
  // viewers.
  server.set_keep_alive_max_count(1);
  server.set_read_timeout(kPatienceSeconds);
  server.set_write_timeout(kPatienceSeconds);
  server.set_payload_max_length(0);
  server.set_pre_routing_handler([reply](const httplib::Request& request, httplib::Response& response) {
    const std::shared_ptr<const Answer> answer = reply(question_of(request));
    response.status = answer->status;
    response.set_content(answer->body, answer->type);
    return httplib::Server::HandlerResponse::Handled;
  });
  listener_->port = port == 0 ? server.bind_to_any_port(host) : server.bind_to_port(host, port) ? port : -1;
  if (listener_->port < 0) throw Failure(why_not_listening(host, port));
  listener_->thread = std::jthread([listener = listener_.get()] {
    listener->server.listen_after_bind();
    listener->has_ended = true;
  });
}

// Stopping before the thread has begun to listen would be missed.
HttpServer::~HttpServer() {
  while (!listener_->server.is_running() && !listener_->has_ended) std::this_thread::yield();
  listener_->server.stop();
}

int HttpServer::port() const noexcept { return listener_->port; }

}  // namespace cenote::cli
