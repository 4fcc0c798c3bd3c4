#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cenote/detail/bits.hpp>
#include <cenote/heap.hpp>

#include "cli/failure.hpp"
#include "cli/profile/live_pprof.hpp"
#include "cli/serve/answer_cache.hpp"
#include "cli/serve/api.hpp"
#include "cli/serve/host_check.hpp"
#include "cli/serve/http_server.hpp"
#include "cli/serve/json.hpp"
#include "cli/serve/size_tally.hpp"

namespace cenote::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// This process under the id 1; 2 has ended, 3 is another user's.
class LocalSource final : public ProcessSource {
 public:
  std::vector<ProcessEntry> processes() override {
    return {{.pid = 1, .command = "test \xff"},
            {.pid = 2, .command = "ended"},
            {.pid = 3, .command = "foreign", .refusal = "not yours"}};
  }
  stats::Snapshot snapshot(pid_t pid) override {
    check(pid);
    ++readings;
    return stats::snapshot();
  }
  inspect::HeapMap map(pid_t pid) override {
    check(pid);
    return inspect::heap_map(view()).value();
  }
  std::optional<inspect::SlabMap> slab(pid_t pid, std::uintptr_t address) override {
    check(pid);
    return inspect::slab_map(view(), address);
  }
  std::string profile(pid_t pid) override {
    check(pid);
    if (!is_recording) throw MakesNoProfile("start it with profile=on");
    return pprof;
  }
  std::atomic<int> readings{0};
  bool is_recording = false;
  std::string pprof{};

 private:
  static void check(pid_t pid) {
    if (pid == 2) throw ProcessEnded("it has ended");
    if (pid != 1) throw Failure("not yours");
  }
  inspect::HeapView view() const { return {peek_, g_heap_anchor, &stats::g_listings}; }
  stats::LocalPeek peek_{};
};

class ServeApi : public testing::Test {
 protected:
  Answer get(const std::string& path, std::map<std::string, std::string> parameters = {}) {
    return *api_.answer({"GET", path, "localhost:8642", std::move(parameters)});
  }
  json get_json(const std::string& path, std::map<std::string, std::string> parameters = {}) {
    const Answer answer = get(path, std::move(parameters));
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.type, "application/json");
    return json::parse(answer.body);
  }
  std::string error(int status, const Answer& answer) {
    EXPECT_EQ(answer.status, status);
    return json::parse(answer.body).at("error");
  }

  LocalSource source_;
  Api api_{source_, "127.0.0.1"};
};

TEST_F(ServeApi, HasThePageAndItsParts) {
  const Answer page = get("/");
  EXPECT_EQ(page.type, "text/html; charset=utf-8");
  EXPECT_THAT(page.body, HasSubstr("</html>"));
  EXPECT_EQ(get("/assets/style.css").type, "text/css");
  EXPECT_EQ(get("/assets/main.js").type, "text/javascript");
}

TEST_F(ServeApi, ListsProcesses) {
  const json list = get_json("/api/processes").at("processes");
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].at("pid"), 1);
  EXPECT_EQ(list[0].at("command"), "test \xef\xbf\xbd");
  EXPECT_EQ(list[2].at("refusal"), "not yours");
}

TEST_F(ServeApi, TellsWhatAProcessHolds) {
  Heap heap{{.name = "serve heap"}};
  void* const block = heap.allocate(1000);
  EXPECT_THAT(get("/api/1/snapshot").body, HasSubstr("\"serve heap\""));
  const json map = get_json("/api/1/map");
  EXPECT_EQ(map.at("whats").at(2), "slab");
  ASSERT_FALSE(map.at("extents").empty());
  const json sizes = get_json("/api/1/sizes").at("sizes");
  const auto row = std::ranges::find(sizes, "serve heap", [](const json& size) { return size.at("holder"); });
  ASSERT_NE(row, sizes.end());
  EXPECT_EQ(row->at("live_blocks"), 1);
  EXPECT_EQ(row->at("live_bytes"), heap.usable_size(block));
  const json slab = get_json("/api/1/slab", {{"at", address_text(address_of(block))}});
  EXPECT_EQ(slab.at("holder").at("name"), "serve heap");
  const std::string blocks = slab.at("blocks");
  EXPECT_EQ(std::ranges::count(blocks, '0'), 1);
  heap.deallocate(block);
}

TEST_F(ServeApi, SaysHowToMakeAProfile) {
  EXPECT_EQ(get_json("/api/1/profile"), (json{{"recording", false}, {"remedy", "start it with profile=on"}}));
  EXPECT_EQ(error(404, get("/api/1/profile.pb")), "start it with profile=on");
  EXPECT_EQ(error(410, get("/api/2/profile.pb")), "it has ended");
}

TEST_F(ServeApi, HasTheProfileAsItIsAndForThePage) {
  inspect::LiveProfile live;
  live.rate_bytes = 1;
  live.names.push_back({.next = nullptr, .number = 0, .text = "a pool"});
  live.stacks.push_back({0x1000, 0x2000});
  live.sites.push_back(
      {{.pool = &live.names.front(), .frames = live.stacks.front()},
       {.allocated = profile::sum_of(100, profile::kOne), .live = profile::sum_of(100, profile::kOne)}});
  source_.is_recording = true;
  source_.pprof = live_pprof(live, {});
  const Answer file = get("/api/1/profile.pb");
  EXPECT_EQ(file.type, "application/octet-stream");
  EXPECT_EQ(file.body, source_.pprof);
  const json shown = get_json("/api/1/profile");
  EXPECT_EQ(shown.at("recording"), true);
  EXPECT_EQ(shown.at("period"), 1);
  ASSERT_EQ(shown.at("samples").size(), 1U);
  EXPECT_EQ(shown.at("samples")[0].at("labels"), json::parse(R"([["pool", "a pool"]])"));
  EXPECT_EQ(shown.at("samples")[0].at("stack").size(), 2U);
}

TEST_F(ServeApi, AProfileThatIsDamagedIsARefusal) {
  source_.is_recording = true;
  source_.pprof = "no profile";
  EXPECT_THAT(error(403, get("/api/1/profile")), HasSubstr("no profile of pprof's"));
}

TEST_F(ServeApi, MetricsAreOfAllThatCanBeRead) {
  const Answer metrics = get("/metrics");
  EXPECT_EQ(metrics.type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_THAT(metrics.body, HasSubstr("command=\"test "));
  EXPECT_THAT(metrics.body, testing::Not(HasSubstr("foreign")));
  EXPECT_THAT(metrics.body, testing::EndsWith("# EOF\n"));
}

TEST_F(ServeApi, ErrorsAreNamed) {
  EXPECT_EQ(error(410, get("/api/2/snapshot")), "it has ended");
  EXPECT_EQ(error(403, get("/api/3/map")), "not yours");
  EXPECT_THAT(error(400, get("/api/1/slab")), HasSubstr("?at=0x"));
  EXPECT_THAT(error(400, get("/api/1/slab", {{"at", "0xzz"}})), HasSubstr("?at=0x"));
  EXPECT_THAT(error(404, get("/api/1/slab", {{"at", "0x10"}})), HasSubstr("0x10"));
  for (const char* path :
       {"/api/1/", "/api/1", "/api/x/map", "/api/1/else", "/assets/../api.cpp", "/etc/passwd", ""})
    EXPECT_THAT(error(404, get(path)), HasSubstr("nothing is at")) << path;
}

TEST_F(ServeApi, NothingIsWritten) {
  EXPECT_EQ(api_.answer({"POST", "/api/processes", "localhost"})->status, 405);
  EXPECT_EQ(api_.answer({"DELETE", "/", "localhost"})->status, 405);
}

TEST_F(ServeApi, OtherNamesAreRefused) {
  const Answer answer = *api_.answer({"GET", "/api/processes", "evil.example:8642"});
  EXPECT_THAT(error(403, answer), HasSubstr("'evil.example:8642'"));
  EXPECT_EQ(api_.answer({"GET", "/", ""})->status, 403);
}

TEST_F(ServeApi, DozensOfViewersCostOneReading) {
  std::vector<std::thread> viewers;
  for (int i = 0; i < 30; ++i) viewers.emplace_back([&] { get("/api/1/snapshot"); });
  for (std::thread& viewer : viewers) viewer.join();
  EXPECT_LE(source_.readings, 2);
}

TEST(HostCheck, TakesAddressesLocalhostAndWhatWasGiven) {
  for (const char* host : {"localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:8642", "[::1]:8642",
                           "192.168.1.5:1", "box.lan:8642"})
    EXPECT_TRUE(is_host_ours(host, "box.lan")) << host;
  for (const char* host :
       {"", ":80", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::1"})
    EXPECT_EQ(is_host_ours(host, "127.0.0.1"), std::string{host} == "[::1") << host;
  EXPECT_FALSE(is_host_ours("", ""));
}

TEST(AnswerCache, KeepsAnswersForAMoment) {
  AnswerCache::Clock::time_point now{};
  AnswerCache cache{[&] { return now; }};
  int made = 0;
  const auto ask = [&](const char* key) {
    return cache.get(key, [&] { return Answer{.body = std::to_string(++made)}; })->body;
  };
  EXPECT_EQ(ask("a"), "1");
  EXPECT_EQ(ask("a"), "1");
  EXPECT_EQ(ask("b"), "2");
  now += AnswerCache::kFreshFor;
  EXPECT_EQ(ask("a"), "3");
}

TEST(Addresses, AreHexadecimal) {
  EXPECT_EQ(address_text(0xabc), "0xabc");
  EXPECT_EQ(address_of_text("0xabc"), 0xabcU);
  for (const char* text : {"", "0x", "abc", "0xg", "0x1 ", "-0x1", "0x10000000000000000"})
    EXPECT_FALSE(address_of_text(text)) << text;
}

TEST(SizeTally, AddsUpBySizeAndHolder) {
  using inspect::MapRun;
  const MapRun slab{
      .what = MapRun::What::slab, .block_bytes = 64, .capacity = 100, .carved = 50, .live = 30, .cached = 5};
  const inspect::HeapMap map{.holders = {{.name = "a"}, {.name = "b"}},
                             .extents = {{.runs = {slab, slab, {.what = MapRun::What::dirty}}}},
                             .huge = {{.bytes = 1 << 21, .holder = 1}}};
  const std::vector<SizeTally> sizes = tally_sizes(map);
  ASSERT_EQ(sizes.size(), 2U);
  EXPECT_EQ(sizes[0].live_blocks, 60U);
  EXPECT_EQ(sizes[0].cached_blocks, 10U);
  EXPECT_EQ(sizes[0].free_blocks, 30U);
  EXPECT_EQ(sizes[1].holder, "b");
  EXPECT_EQ(sizes[1].live_bytes(), 1U << 21);
}

TEST(HttpServer, RefusesAPortThatIsTaken) {
  const auto reply = [](const Question&) { return std::make_shared<const Answer>(); };
  const HttpServer first{"127.0.0.1", 0, reply};
  EXPECT_GT(first.port(), 0);
  EXPECT_THROW((HttpServer{"127.0.0.1", first.port(), reply}), Failure);
  EXPECT_THROW((HttpServer{"no.such.host.invalid", 0, reply}), Failure);
}

}  // namespace
}  // namespace cenote::cli
