// A kernel call's arguments, checked against the kernel's declaration: the border that no out-of-bounds
// access passes.
#pragma once
#include <stdint.h>

#include <string>

#include "kernel-declaration.h"

namespace netwright {

// One field of an ...Arguments struct.
union Word {
  void* pointer;
  int64_t integer;
  double real;
};
static_assert(sizeof(Word) == 8, "a field is one word");

// A call before it is checked. For argument i, `tensors[i]` or `numbers[i]` counts, as the declaration says.
struct RawArguments {
  struct Tensor {
    void* data;
    int64_t length;  // elements; -1: the tensor is absent. One of 0 elements may have no address either.
  };
  Tensor tensors[maxParameters];
  double numbers[maxParameters];  // 0 for tensors: what the declaration's expressions read
};

// What is wrong with a call; `kind` none means nothing.
struct ArgumentProblem {
  enum Kind : uint8_t { none, notWhole, missing, tooShort, ruleFalse, overlap } kind;
  int parameter;
  int other;  // overlap: the other tensor; ruleFalse: the rule
};

// Checks `raw` and fills `words` (one per parameter). Writes nothing else.
ArgumentProblem checkArguments(const Declaration& declaration, const RawArguments& raw, Word* words);

// The message for a problem, the same as the TypeScript checker's (src/kernels/check.ts).
std::string describeProblem(const Declaration& declaration, const ArgumentProblem& problem,
                            const RawArguments& raw);

int64_t elementBytes(Kind kind);

// Number of units of work of a checked call; `count` is the kernel's own counter or null. None where all
// outputs are empty: other numbers may then be as large as they come (0 columns of 2^53 - 1 rows).
int64_t countUnits(const Declaration& declaration, int64_t (*count)(const void*), const Word* words,
                   const double* numbers);

}  // namespace netwright
