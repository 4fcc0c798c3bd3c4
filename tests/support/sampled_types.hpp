/// The types of a typed test suite, whose instantiation is the costliest part of a build of the tests.
#pragma once

#include <gtest/gtest.h>

namespace cenote::test {

#if defined(CENOTE_TEST_EVERY_TYPE)
inline constexpr bool kEveryType = true;
#else
inline constexpr bool kEveryType = false;
#endif

template <bool every, class Sample, class Others>
struct Sampled {
  using Types = Sample;
};
template <class... Sample, class... Others>
struct Sampled<true, testing::Types<Sample...>, testing::Types<Others...>> {
  using Types = testing::Types<Sample..., Others...>;
};

/// `Sample`, which has each mechanism once; with CENOTE_TEST_EVERY_TYPE, as in `make test-asan`, `Others`
/// too.
template <class Sample, class Others>
using SampledTypes = typename Sampled<kEveryType, Sample, Others>::Types;

}  // namespace cenote::test
