#include "http_server.hpp"

#include <httplib.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include <fmt/format.h>

#include "../failure.hpp"

namespace cenote::cli {
namespace {

constexpr std::size_t kThreads = 16;
constexpr int kPatienceSeconds = 5;  // with a client that says nothing

/// Nothing is loaded from elsewhere, nothing of it is shown in other pages, and no browser guesses what it is.
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

/// Two servers on one port would get every other request each, which SO_REUSEPORT, the library's wish, allows.
void set_socket_options(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
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
  // A connection that is kept holds a thread: on this machine a new one costs less than dozens of idle viewers.
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
  if (listener_->port < 0)
    throw Failure(fmt::format(
        "cannot listen on port {} of {}: it is taken or not to be had; choose another with --port, 0 "
        "for any",
        port, host));
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
