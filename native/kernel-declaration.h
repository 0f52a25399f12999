// What the generated table of declarations is made of: the C++ side of src/kernels/declaration.ts. Texts and
// expressions are places in one pool and one switch (native/declarations.cc) rather than pointers: a pointer
// costs a shared library eight bytes and a relocation of 24, and a function each expression has more.
#pragma once
#include <stdint.h>

#include "kernel-arguments.h"

namespace netwright {

enum class Kind : uint8_t { real, int32, uint8, size, scalar };
enum class Role : uint8_t { out, inout, in, index };

// A zero-terminated text of the generated pool.
struct Text {
  uint16_t place;
  const char* get() const;
};

// An expression over a kernel's arguments; v[i] is argument i as a double (0 for tensors).
struct Expression {
  uint16_t place;
  double operator()(const double* v) const;
};

struct Parameter {
  Text name;
  Kind kind;
  Role role;
  bool optional;
  Expression extent;   // tensors: elements that may be touched
  Text extentText;     // the same, as declared
  uint32_t inPlaceOf;  // bit i: may be the same memory as parameter i
};

struct Rule {
  Text text;
  Expression holds;  // not 0: it does
};

// How the work may be cut; src/kernels/declaration.ts, Split.
enum class SplitBy : uint8_t { samples, rows, outputs, groups, serial };

struct Declaration {
  Text name;
  uint16_t firstParameter, parameterCount;
  uint16_t firstRule, ruleCount;
  SplitBy splitBy;
  bool countsUnits;  // by its own code: `units` is not used
  Expression units;
  Expression cost;  // rough nanoseconds on one core
  int failureCount;
  int64_t block;  // elements of `units` in one unit

  const Parameter& parameter(int i) const;
  const Rule& rule(int i) const;
};

extern const Declaration declarations[kernelCount];

}  // namespace netwright
