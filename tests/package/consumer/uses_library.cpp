#include <cstdio>

#include <cenote/result.hpp>

int main() { return std::puts(cenote::to_string(cenote::AllocError::exhausted)) < 0; }
