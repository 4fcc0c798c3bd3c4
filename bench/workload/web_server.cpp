// A web server: one thread reads requests, two handle them, one writes and logs. Each request and response is
// allocated by one thread and freed by another; sessions stay in a cache that forgets the one unused for
// longest.

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "support/bounded_queue.hpp"
#include "support/random.hpp"
#include "support/report.hpp"

namespace cenote {
namespace {

constexpr int kRequests = 110'000;
constexpr std::size_t kSessionsMax = 10'000;
constexpr std::uint64_t kUsers = 25'000;

struct Request {
  std::uint64_t user;
  std::string raw;  // as it came from the socket
};

struct Response {
  std::unique_ptr<Request> request;  // for the log
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct Session {
  explicit Session(std::uint64_t id) : user(id), profile(1000 + id % 3000, static_cast<char>('a' + id % 26)) {
    for (std::uint64_t i = 0; i < 8 + id % 25; ++i)
      basket.push_back("article-number-" + std::to_string(id * 31 + i));
  }
  std::uint64_t user;
  std::string profile;
  std::vector<std::string> basket;
};

/// Keeps the `kSessionsMax` sessions used last.
class SessionCache {
 public:
  std::shared_ptr<const Session> find(std::uint64_t user) {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_user_.find(user); found != by_user_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return recent_.front();
    }
    recent_.push_front(std::make_shared<const Session>(user));
    by_user_[user] = recent_.begin();
    if (recent_.size() > kSessionsMax) {
      by_user_.erase(recent_.back()->user);
      recent_.pop_back();
    }
    return recent_.front();
  }

 private:
  using Sessions = std::list<std::shared_ptr<const Session>>;
  std::mutex mutex_;
  Sessions recent_;
  std::unordered_map<std::uint64_t, Sessions::iterator> by_user_;
};

std::unique_ptr<Request> read_request(Random& random) {
  auto request = std::make_unique<Request>();
  request->user = random.below(kUsers) * random.below(kUsers) / kUsers;  // some users come more often
  request->raw = "GET /shop/items/" + std::to_string(random.below(50'000)) + "?page=2 HTTP/1.1\r\n";
  const std::uint64_t headers = random.between(5, 14);
  for (std::uint64_t i = 0; i < headers; ++i) {
    request->raw += "X-Header-" + std::to_string(i) + ": ";
    request->raw.append(random.skewed_size(400), static_cast<char>('a' + i));
    request->raw += "\r\n";
  }
  if (random.chance(10)) request->raw.append(random.between(4'000, 60'000), 'b');  // an upload
  return request;
}

void parse_headers(std::string_view raw, std::unordered_map<std::string, std::string>& headers) {
  for (std::size_t end = raw.find("\r\n"); end != std::string_view::npos; end = raw.find("\r\n")) {
    const std::string_view line = raw.substr(0, end);
    if (const std::size_t colon = line.find(": "); colon != std::string_view::npos) {
      headers.emplace(line.substr(0, colon), line.substr(colon + 2));
    }
    raw.remove_prefix(end + 2);
  }
}

std::unique_ptr<Response> handle(std::unique_ptr<Request> request, SessionCache& sessions) {
  std::unordered_map<std::string, std::string> headers;
  parse_headers(request->raw, headers);
  const auto session = sessions.find(request->user);
  auto response = std::make_unique<Response>();
  response->headers.emplace_back("Content-Type", "text/html; charset=utf-8");
  response->headers.emplace_back("Set-Cookie", "session-of-user=" + std::to_string(session->user));
  for (int i = 0; i < 6; ++i) {
    const auto found = headers.find("X-Header-" + std::to_string(i));
    if (found != headers.end()) response->headers.emplace_back("Echo-" + found->first, found->second);
  }
  response->body = "<html><body><p>" + session->profile + "</p><ul>";
  for (const std::string& article : session->basket) response->body += "<li>" + article + "</li>\n";
  response->body += "</ul></body></html>";
  response->request = std::move(request);
  return response;
}

std::uint64_t write_response(const Response& response) {
  std::string wire = "HTTP/1.1 200 OK\r\n";
  for (const auto& [name, value] : response.headers) wire += name + ": " + value + "\r\n";
  wire += "\r\n" + response.body;
  return std::hash<std::string_view>{}(wire) ^ response.request->raw.size();
}

std::uint64_t serve() {
  BoundedQueue<std::unique_ptr<Request>> requests(256);
  BoundedQueue<std::unique_ptr<Response>> responses(256);
  SessionCache sessions;
  std::uint64_t sum = 0;  // of all responses, whatever their order
  std::vector<std::thread> handlers;
  for (int i = 0; i < 2; ++i) {
    handlers.emplace_back([&] {
      for (std::unique_ptr<Request> request; requests.pop(request);) {
        responses.push(handle(std::move(request), sessions));
      }
    });
  }
  std::thread writer([&] {
    for (std::unique_ptr<Response> response; responses.pop(response);) sum += write_response(*response);
  });
  Random random(80);
  for (int i = 0; i < kRequests; ++i) requests.push(read_request(random));
  requests.close();
  for (std::thread& handler : handlers) handler.join();
  responses.close();
  writer.join();
  return sum;
}

}  // namespace
}  // namespace cenote

int main() { cenote::report_checksum(cenote::serve()); }
