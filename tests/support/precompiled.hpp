/// The headers that most tests include, precompiled once for all of them. No test relies on it: each includes
/// what it uses.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#if !defined(__wasi__)
#include <mutex>
#include <thread>
#endif
