// Reading profiles: pprof's format, made by hand, with and without gzip, whole and damaged.
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <protozero/pbf_writer.hpp>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/failure.hpp"
#include "cli/flame/profile_json.hpp"
#include "cli/profile/enrich.hpp"
#include "cli/profile/gzip.hpp"
#include "cli/profile/read_pprof.hpp"
#include "cli/profile/symbolizer.hpp"

namespace {

using namespace cenote::cli;
using protozero::pbf_writer;
using testing::ElementsAre;
using testing::HasSubstr;

using Numbers = std::vector<std::uint64_t>;

void packed(pbf_writer& out, protozero::pbf_tag_type tag, const Numbers& numbers) {
  out.add_packed_uint64(tag, numbers.begin(), numbers.end());
}

/// Strings: 0 "", 1 space, 2 bytes, 3 main, 4 _Z5parsei, 5 a.cpp, 6 /bin/app, 7 pool, 8 malloc, 9 inline_me,
/// 10 a comment, 11 age, 12 objects
constexpr const char* kStrings[] = {"",          "space",    "bytes",  "main",   "_Z5parsei",
                                    "a.cpp",     "/bin/app", "pool",   "malloc", "inline_me",
                                    "a comment", "age",      "objects"};

/// main calls parse, which has inline_me in it; one sample of them with a label, one of main alone.
std::string small_profile(bool is_packed = true) {
  std::string bytes;
  pbf_writer out(bytes);
  for (const std::uint64_t type : {12U, 1U}) {
    pbf_writer message(out, 1);
    message.add_uint64(1, type);
    message.add_uint64(2, 2);
  }
  {
    pbf_writer sample(out, 2);
    if (is_packed) {
      packed(sample, 1, {2, 1});
      packed(sample, 2, {3, 4096});
    } else {
      for (const std::uint64_t id : {2U, 1U}) sample.add_uint64(1, id);
      for (const std::uint64_t value : {3U, 4096U}) sample.add_uint64(2, value);
    }
    {
      pbf_writer label(sample, 3);
      label.add_uint64(1, 7);
      label.add_uint64(2, 8);
    }
    pbf_writer number(sample, 3);
    number.add_uint64(1, 11);
    number.add_int64(3, -5);
  }
  {
    pbf_writer sample(out, 2);
    packed(sample, 1, {1});
    packed(sample, 2, {1, 10});
  }
  {
    pbf_writer mapping(out, 3);
    mapping.add_uint64(1, 1);
    mapping.add_uint64(5, 6);
  }
  for (const auto& [id, functions] : {std::pair<std::uint64_t, Numbers>{1, {1}}, {2, {3, 2}}}) {
    pbf_writer location(out, 4);
    location.add_uint64(1, id);
    location.add_uint64(2, 1);
    location.add_uint64(3, 0x1000 + id);
    for (const std::uint64_t function : functions) {
      pbf_writer line(location, 4);
      line.add_uint64(1, function);
      line.add_int64(2, static_cast<std::int64_t>(10 * function));
    }
  }
  for (const auto& [id, name] : {std::pair{1U, 3U}, {2U, 4U}, {3U, 9U}}) {
    pbf_writer function(out, 5);
    function.add_uint64(1, id);
    function.add_uint64(2, name);
    function.add_uint64(4, 5);
  }
  for (const char* text : kStrings) out.add_string(6, text);
  out.add_int64(9, 1'700'000'000'000'000'000);
  packed(out, 13, {10});
  out.add_uint64(14, 1);
  return bytes;
}

std::string gzipped(std::string_view bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(bytes.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

template <class Call>
std::string failure_of(Call call) {
  try {
    call();
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "no failure";
}

std::string refusal(std::string_view bytes) {
  return failure_of([&] { read_pprof(bytes, "heap.pb"); });
}

std::string file_with(std::string_view name, std::string_view bytes) {
  const std::string path = testing::TempDir() + std::string(name);
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(ReadPprof, StacksBeginWithMainAndInlinedCallsAreFramesOfTheirOwn) {
  const HeapSamples profile = read_pprof(small_profile(), "heap.pb");
  ASSERT_EQ(profile.samples.size(), 2);
  ASSERT_EQ(profile.frames.size(), 3);
  std::vector<Frame> frames;
  for (const std::uint32_t frame : profile.samples[0].stack) frames.push_back(profile.frames[frame]);
  EXPECT_THAT(frames, ElementsAre(Frame{"main", "a.cpp", 10, "/bin/app", false},
                                  Frame{"parse(int)", "a.cpp", 20, "/bin/app", false},
                                  Frame{"inline_me", "a.cpp", 30, "/bin/app", true}));
  EXPECT_THAT(profile.samples[0].values, ElementsAre(3, 4096));
  EXPECT_EQ(profile.samples[1].stack.size(), 1);
}

TEST(ReadPprof, LabelsTypesAndFactsAreRead) {
  const HeapSamples profile = read_pprof(small_profile(), "heap.pb");
  ASSERT_EQ(profile.types.size(), 2);
  EXPECT_EQ(profile.types[profile.default_type].type, "space");
  EXPECT_EQ(profile.types[0].type, "objects");
  ASSERT_EQ(profile.samples[0].labels.size(), 2);
  EXPECT_EQ(profile.samples[0].labels[0].value, "malloc");
  EXPECT_EQ(profile.samples[0].labels[1].value, "-5");
  EXPECT_EQ(profile.unix_ns, 1'700'000'000'000'000'000);
  EXPECT_THAT(profile.comments, ElementsAre("a comment"));
}

TEST(ReadPprof, NumbersMayBePackedOrOneByOne) {
  EXPECT_EQ(to_json(read_pprof(small_profile(true), "")), to_json(read_pprof(small_profile(false), "")));
}

TEST(ReadPprof, UnknownFieldsArePassedOver) {
  std::string bytes = small_profile();
  pbf_writer out(bytes);
  out.add_uint64(99, 7);
  out.add_string(100, "from the future");
  out.add_fixed64(101, 7);
  EXPECT_EQ(to_json(read_pprof(bytes, "")), to_json(read_pprof(small_profile(), "")));
}

TEST(ReadPprof, EveryBeginningIsRefusedOrAWholeProfile) {
  const std::string whole = small_profile();
  const std::string facts_alone = whole.substr(0, whole.size() - 2);  // the last field is the default type
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const std::string words = refusal(whole.substr(0, bytes));
    if (words == "no failure") {
      EXPECT_GT(bytes, whole.find("objects")) << bytes;  // what is behind the tables may be missing
    } else {
      EXPECT_THAT(words, HasSubstr("'heap.pb' is no profile of pprof's")) << bytes;
    }
  }
  EXPECT_EQ(refusal(facts_alone), "no failure");
}

TEST(ReadPprof, NoDamageDoesMoreThanBeRefused) {
  const std::string whole = small_profile();
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(byte);
      const std::string words = refusal(damaged);
      if (words == "no failure") continue;
      ++refused;
      EXPECT_THAT(words, HasSubstr("'heap.pb' is no profile of pprof's"));
    }
  }
  EXPECT_GT(refused, 10'000);
}

TEST(Enriched, IsAsItWasWhereNothingIsKnown) {
  Symbolizer symbolizer;
  const std::string whole = small_profile();
  EXPECT_EQ(enriched(whole, symbolizer), whole);
  EXPECT_EQ(enriched("no profile", symbolizer), "no profile");
}

TEST(ReadPprof, SaysWhatIsMissing) {
  std::string no_location = small_profile();
  {
    pbf_writer out(no_location);
    pbf_writer sample(out, 2);
    packed(sample, 1, {77});
    packed(sample, 2, {1, 2});
  }
  EXPECT_THAT(refusal(no_location), HasSubstr("location 77, which is not there"));
  std::string few_values = small_profile();
  {
    pbf_writer out(few_values);
    pbf_writer sample(out, 2);
    packed(sample, 1, {1});
    packed(sample, 2, {1});
  }
  EXPECT_THAT(refusal(few_values), HasSubstr("a sample has 1 values, and there are 2 kinds"));
  std::string twice = small_profile();
  {
    pbf_writer out(twice);
    pbf_writer mapping(out, 3);
    mapping.add_uint64(1, 1);
  }
  EXPECT_THAT(refusal(twice), HasSubstr("mapping 1 is in it twice"));
  EXPECT_THAT(refusal("#include <cstdio>\nint main() {}\n"), HasSubstr("is no profile of pprof's"));
}

TEST(PprofBytes, AreTheFilesWithOrWithoutGzip) {
  const std::string whole = small_profile();
  EXPECT_EQ(pprof_bytes(file_with("plain.pb", whole)), whole);
  EXPECT_EQ(pprof_bytes(file_with("gzip.pb.gz", gzipped(whole))), whole);
  EXPECT_EQ(gunzip(gzipped(whole) + gzipped(whole)), whole + whole);
}

TEST(PprofBytes, FailuresNameTheFileAndWhatIsWrong) {
  EXPECT_THAT(failure_of([] { pprof_bytes("/nonexistent/heap.pb"); }),
              HasSubstr("cannot read '/nonexistent/heap.pb': No such file"));
  EXPECT_THAT(failure_of([] { pprof_bytes(testing::TempDir()); }), HasSubstr("Is a directory"));
  const std::string empty = file_with("empty.pb", "");
  EXPECT_THAT(failure_of([&] { pprof_bytes(empty); }), HasSubstr("is empty"));
  const std::string zip = gzipped(small_profile());
  for (const std::size_t bytes : {std::size_t{2}, std::size_t{9}, zip.size() / 2, zip.size() - 1}) {
    const std::string cut = file_with("cut.pb.gz", zip.substr(0, bytes));
    EXPECT_THAT(failure_of([&] { pprof_bytes(cut); }), HasSubstr("is cut short")) << bytes;
  }
  std::string damaged = zip;
  damaged[zip.size() - 6] ^= 1;  // in the checksum
  const std::string path = file_with("damaged.pb.gz", damaged);
  EXPECT_THAT(failure_of([&] { pprof_bytes(path); }), HasSubstr("damaged"));
}

TEST(ProfileJson, HasEachStringOnce) {
  const auto json = to_json(read_pprof(small_profile(), "heap.pb"));
  EXPECT_EQ(json["default"], 1);
  EXPECT_EQ(json["strings"][0], "");
  EXPECT_EQ(json["frames"].size(), 3);
  const auto& deepest = json["frames"][json["samples"][0]["stack"][2].get<std::size_t>()];
  EXPECT_EQ(json["strings"][deepest[0].get<std::size_t>()], "inline_me");
  EXPECT_EQ(deepest[2], 30);
  EXPECT_EQ(deepest[4], 1);
  EXPECT_EQ(json["samples"][0]["labels"][0], nlohmann::json::array({"pool", "malloc"}));
  EXPECT_EQ(json["unix_milliseconds"], 1'700'000'000'000);
}

}  // namespace
