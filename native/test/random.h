// The tests' random numbers: a seed repeats a run.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 2 + 1) {}
  uint32_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 33);
  }
  int64_t below(int64_t n) {
    return static_cast<int64_t>((static_cast<uint64_t>(next()) * static_cast<uint64_t>(n)) >> 31);
  }
  float uniform(float from, float to) {
    return from + (to - from) * (static_cast<float>(next()) * (1.0f / 2147483648.0f));
  }
  template <class T, size_t count>
  T pick(const T (&list)[count]) {
    return list[below(count)];
  }

 private:
  uint64_t state_;
};

// NETWRIGHT_TEST_SEED, or 1.
inline uint64_t testSeed() {
  const char* given = getenv("NETWRIGHT_TEST_SEED");
  return given != nullptr ? strtoull(given, nullptr, 10) : 1;
}
