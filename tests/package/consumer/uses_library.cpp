#include <cstdio>

#include <cenote/detail/alloc_error.hpp>

int main() { return std::puts(cenote::to_string(cenote::AllocError::exhausted)) < 0; }
