#include "cli/process/environment.hpp"

#include <gtest/gtest.h>

namespace cenote::cli {
namespace {

Environment preloading(const std::string& value) { return Environment({"A=1", "LD_PRELOAD=" + value}); }

TEST(Preload, GoesBeforeWhatWasThere) {
  EXPECT_EQ(with_preload(preloading("old.so"), "/new.so").get("LD_PRELOAD"), "/new.so:old.so");
  EXPECT_EQ(with_preload(Environment({"A=1"}), "/new.so").get("LD_PRELOAD"), "/new.so");
}

TEST(Preload, RemovesOnlyTheNamedLibraries) {
  const Environment left = without_preloads(preloading("/lib/keep.so /here/mi.so:libcenote-malloc.so"),
                                            {"/there/libcenote-malloc.so", "mi.so"});
  EXPECT_EQ(left.get("LD_PRELOAD"), "/lib/keep.so");
  EXPECT_EQ(left.get("A"), "1");
}

TEST(Preload, IsUnsetWhenNothingIsLeft) {
  EXPECT_EQ(without_preloads(preloading("/x/mi.so"), {"mi.so"}).get("LD_PRELOAD"), std::nullopt);
}

TEST(CenoteOptions, AreAddedBehindWhatWasThere) {
  const Environment environment({"CENOTE_OPTIONS=verbose=on"});
  EXPECT_EQ(with_cenote_option(environment, "record_sizes=/t").get("CENOTE_OPTIONS"),
            "verbose=on:record_sizes=/t");
}

TEST(Environment, ANameIsNotTheStartOfAnother) {
  EXPECT_EQ(Environment({"LD_PRELOAD_X=1"}).get("LD_PRELOAD"), std::nullopt);
}

}  // namespace
}  // namespace cenote::cli
