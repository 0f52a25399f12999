// What the C++ tests count and say.
#pragma once
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <string>

inline int64_t passed = 0, failed = 0;

inline void check(bool good, const std::string& what) {
  good ? ++passed : ++failed;
  if (!good && failed <= 20) printf("FAILED %s\n", what.c_str());
}

// Prints what scripts/test-native.mjs adds up; answers the exit code.
inline int summary() {
  printf("%lld passed, %lld failed\n", static_cast<long long>(passed), static_cast<long long>(failed));
  fflush(stdout);
  return failed == 0 && passed > 0 ? 0 : 1;
}

inline std::string text(const char* format, ...) __attribute__((format(printf, 1, 2)));
inline std::string text(const char* format, ...) {
  char buffer[300];
  va_list list;
  va_start(list, format);
  vsnprintf(buffer, sizeof buffer, format, list);
  va_end(list);
  return buffer;
}
