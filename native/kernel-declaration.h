// What the generated table of declarations is made of: the C++ side of src/kernels/declaration.ts.
#pragma once
#include <stdint.h>

#include "kernel-arguments.h"

namespace netwright {

enum class Kind : uint8_t { real, int32, uint8, size, scalar };
enum class Role : uint8_t { out, inout, in, index };

// An expression over a kernel's arguments; v[i] is argument i as a double (0 for tensors).
using Expression = double (*)(const double* v);

struct Parameter {
  const char* name;
  Kind kind;
  Role role;
  bool optional;
  Expression extent;       // tensors: elements that may be touched
  const char* extentText;  // the same, as declared
  uint32_t inPlaceOf;      // bit i: may be the same memory as parameter i
};

struct Rule {
  const char* text;  // null ends the list
  Expression holds;
};

// How the work may be cut; src/kernels/declaration.ts, Split.
enum class SplitBy : uint8_t { samples, rows, outputs, groups, serial };

struct Declaration {
  const char* name;
  const Parameter* parameters;
  int parameterCount;
  const Rule* rules;
  SplitBy splitBy;
  Expression units;  // null: the kernel counts its own
  int64_t block;     // elements of `units` in one unit
  Expression cost;   // rough nanoseconds on one core
  int failureCount;
};

}  // namespace netwright
