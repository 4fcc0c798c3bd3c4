#include <cstring>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cenote/stats.hpp>

namespace cenote::stats {
namespace {

using testing::EndsWith, testing::HasSubstr, testing::Not;

Snapshot sample() {
  Account pool{.kind = Kind::fixed_pool, .name = "orders \"a\\b\""};
  pool[Figure::live] = 1536;
  pool[Figure::partial_slabs] = 512;
  pool[Figure::blocks_in_use] = 3;
  pool[Figure::allocations] = 10;
  Account arena{.kind = Kind::arena, .borrows = true, .name = "query"};
  Snapshot snapshot{.process_id = 42, .unix_milliseconds = 1000, .resident_bytes = 1 << 20};
  snapshot.process = {.kind = Kind::process, .name = "process"};
  snapshot.process += pool;
  snapshot.pools = {pool, arena};
  return snapshot;
}

TEST(Json, IsOneObjectWithEveryFigure) {
  const std::string json = to_json(sample());
  EXPECT_THAT(json, HasSubstr(R"("process_id":42)"));
  EXPECT_THAT(json, HasSubstr(R"("name":"orders \"a\\b\"")"));
  EXPECT_THAT(json, HasSubstr(R"("kind":"arena","name":"query","borrows":true)"));
  EXPECT_THAT(json, HasSubstr(R"("committed_bytes":2048)"));
  EXPECT_THAT(json, HasSubstr(R"("resident_bytes":1048576,"other_bytes":1046528)"));
  for (std::size_t i = 0; i < kFigures; ++i) {
    EXPECT_THAT(json, HasSubstr('"' + std::string{name_of(static_cast<Figure>(i))} + "\":"));
  }
}

TEST(Json, EscapesControlCharacters) {
  Snapshot snapshot = sample();
  std::strcpy(snapshot.pools[0].name, "a\tb\n");
  EXPECT_THAT(to_json(snapshot), HasSubstr(R"("name":"a\u0009b\u000a")"));
}

TEST(Json, IsUtf8WhateverBytesANameHas) {
  Snapshot snapshot = sample();
  std::strcpy(snapshot.pools[0].name, "\xc3\xbc\xff\xc3");
  EXPECT_THAT(to_json(snapshot), HasSubstr("\"name\":\"\xc3\xbc\xef\xbf\xbd\xef\xbf\xbd\""));
}

TEST(OpenMetrics, IsUtf8AndOneLineForEachSeriesWhateverBytesANameHas) {
  Snapshot snapshot = sample();
  std::strcpy(snapshot.pools[0].name, "\xff\"\\\n\xc3");
  const std::vector<ProcessSnapshot> processes{{"\xe2\x82", snapshot}};
  EXPECT_THAT(to_openmetrics(processes),
              HasSubstr("command=\"\xef\xbf\xbd\xef\xbf\xbd\",kind=\"fixed_pool\",pool=\"\xef\xbf\xbd"
                        "\\\"\\\\\\n\xef\xbf\xbd\",index=\"0\""));
}

TEST(Table, EscapesControlCharactersOfNames) {
  Snapshot snapshot = sample();
  std::strcpy(snapshot.pools[0].name, "a\nroot\x1b[31m\xff");
  const std::string table = to_table(snapshot);
  EXPECT_THAT(table, HasSubstr("\na\\nroot\\x1b[31m\\xff "));
  EXPECT_THAT(table, Not(HasSubstr("\x1b")));
}

TEST(OpenMetrics, HasAFamilyForEachFigureAndAnEnd) {
  const std::string text = to_openmetrics(sample());
  EXPECT_THAT(text, HasSubstr("# TYPE cenote_live_bytes gauge\n# UNIT cenote_live_bytes bytes\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE cenote_allocations counter\n"));
  EXPECT_THAT(text, HasSubstr("cenote_allocations_total{kind=\"fixed_pool\",pool=\"orders "
                              "\\\"a\\\\b\\\"\",index=\"0\",borrows=\"false\"} 10\n"));
  EXPECT_THAT(text, HasSubstr("cenote_process_resident_bytes 1048576\n"));
  EXPECT_THAT(text, EndsWith("# EOF\n"));
}

TEST(OpenMetrics, KeepsProcessesApartByLabelsAndFamiliesTogether) {
  std::vector<ProcessSnapshot> processes{{"a \"b\"", sample()}, {"c", sample()}};
  processes[1].snapshot.process_id = 43;
  const std::string text = to_openmetrics(processes);
  EXPECT_THAT(text, HasSubstr("cenote_process_resident_bytes{pid=\"42\",command=\"a \\\"b\\\"\"} 1048576\n"
                              "cenote_process_resident_bytes{pid=\"43\",command=\"c\"} 1048576\n"));
  EXPECT_THAT(text, HasSubstr("cenote_live_bytes{pid=\"43\",command=\"c\",kind=\"fixed_pool\""));
  const std::string type = "# TYPE cenote_live_bytes ";
  EXPECT_EQ(text.find(type), text.rfind(type));
  EXPECT_THAT(to_openmetrics(std::span<const ProcessSnapshot>{}), EndsWith("# EOF\n"));
}

TEST(Table, SaysWhatPoolsHoldAndWhyMemoryIsResident) {
  const std::string table = to_table(sample());
  EXPECT_THAT(table, HasSubstr("orders"));
  EXPECT_THAT(table, HasSubstr("1.5 KiB"));
  EXPECT_THAT(table, HasSubstr("of another's"));
  EXPECT_THAT(table, HasSubstr("Why 1.0 MiB are resident"));
  EXPECT_THAT(table, HasSubstr("other: code"));
}

TEST(Table, LeavesOutWhatTheSystemDoesNotSay) {
  Snapshot snapshot = sample();
  snapshot.resident_bytes = 0;
  EXPECT_THAT(to_table(snapshot), Not(HasSubstr("Why")));
}

TEST(Snapshot, IsRenderedAsItIs) {
  const Snapshot now = snapshot();
  EXPECT_THAT(to_json(now), HasSubstr("\"kind\":\"page_heap\""));
  EXPECT_THAT(to_table(now), HasSubstr("page heap"));
  EXPECT_THAT(to_openmetrics(now), HasSubstr("kind=\"page_heap\""));
}

}  // namespace
}  // namespace cenote::stats
