// A chain: calls that follow each other and each work sample by sample, run together on a few samples at a
// time, so that what one call writes is still in the second-level cache when the next one reads it (depth
// first). src/kernels/chains.ts finds them. The numbers are those of the calls one after the other, to the
// bit.
#pragma once
#include <stdint.h>

#include <string>
#include <vector>

#include "chain-memory.h"
#include "plan.h"
#include "pool.h"

namespace netwright {

class Chain {
 public:
  // Calls [first, end) of `plan`. `memory` may be that of other chains, too, which run before or after.
  Chain(const Plan& plan, int64_t first, int64_t end, ChainMemory* memory)
      : plan_(plan), first_(first), end_(end), memory_(memory) {}

  int64_t first() const { return first_; }
  int64_t end() const { return end_; }

  // Resolves the calls for the step of this row of the step table: all of them, cut into parts of whole
  // samples, with room for what lives in the chain only, or, for as many rows as the last time, those alone
  // that change from step to step. `whole` are the plan's calls, resolved for all rows. Returns what does not
  // fit, or "".
  std::string resolve(const std::vector<Slot>& slots, const std::vector<ResolvedCall>& whole,
                      const double* row, int threads, bool all);

  // Runs every part. `failedCall` is counted from the plan's first call.
  CallResult run(int threads, ChunkBudget* budget, bool measured, int64_t* failedCall);
  // How much of the last measured run's time call `call` of the plan took, all threads together.
  double shareOf(int64_t call) const;

 private:
  struct Part {
    StepPart samples;
    Status status;
    int64_t failedCall;
  };
  // What a call does for a part.
  struct Piece {
    ResolvedCall call;
    double nanoseconds;  // of the last measured run
    int64_t rowsBefore;  // in elements of its index tensor: what a failing row is counted from
    uint64_t inMemory;   // bit i: argument i is in the chain's memory, where its word says how far
  };
  static_assert(maxParameters <= 64, "a bit for each argument");

  std::string cut(const std::vector<ResolvedCall>& whole, double rows, int threads);
  double bytesOfSample(double rows) const;
  // Resolves call `index` for `part`.
  std::string resolvePiece(int64_t index, const std::vector<Slot>& slots, const double* row,
                           const StepPart& part, Piece* piece);
  static Status runParts(const void* chain, Range parts, float* scratch);

  const Plan& plan_;
  const int64_t first_, end_;
  ChainMemory* const memory_;
  double cost_ = 0;
  bool measured_ = false;
  int64_t memoryBytes_ = 0;  // that a part needs at most
  std::vector<Part> parts_;
  std::vector<Piece> pieces_;  // by part, then by call
};

}  // namespace netwright
