// A plan: a recorded list of kernel calls over planned memory, and the executor that replays it step by step.
// Knows nothing of JavaScript. The TypeScript twin is src/kernels/reference/executor.ts.
#pragma once
#include <stdint.h>

#include <mutex>
#include <string>
#include <vector>

#include "arguments.h"
#include "kernel-table.h"
#include "pool.h"

namespace netwright {

// A number that may follow the rows of the step: constant + perRow * rows.
struct Linear {
  double constant;
  double perRow;
  double at(double rows) const { return constant + perRow * rows; }
};

// One argument of a recorded call.
struct PlanArgument {
  enum Source : uint8_t { absent, tensor, number, step } source;
  int slot;       // tensor: which memory
  Linear offset;  // tensor: bytes from the slot's start
  Linear value;   // tensor: elements; number: the number; step: constant is the step table's column
};
constexpr double wholeSlot = -1;  // a tensor's value.constant: whatever the slot holds

struct PlanCall {
  int kernel;         // hostCall: a JavaScript function
  int firstArgument;  // in Plan::arguments
  bool commit;        // part of the commit phase: always finishes
  bool everyStep;     // has an argument from the step table
};
constexpr int hostCall = -1;

// Immutable after parse().
struct Plan {
  const KernelTable* table;
  int slotCount;
  int columnCount;  // of the step table; column 0 is the number of rows
  std::vector<PlanCall> calls;
  std::vector<PlanArgument> arguments;

  // Reads `code` (src/kernels/native/encode.ts has the format). Returns what is wrong with it, or "".
  std::string parse(const double* code, int64_t length);
};

struct Slot {
  char* data;
  int64_t bytes;
};

enum class Outcome : int { done = 0, stopped = 1, failed = 2, refused = 3, host = 4 };

// Where a run stands and how it ended.
struct Progress {
  Outcome outcome;
  int64_t step;    // steps that are complete; the next one begins here
  int64_t call;    // of the step: the call to continue with (host), or the one that failed
  int64_t chunks;  // chunks spent from the budget in this run
  Status status;
  std::string message;  // refused: why
};

// Replays a plan over bound slots. One at a time: an executor is not thread-safe.
//
// A step is a transaction. Its compute calls may be stopped between two chunks, or fail, and the step is then
// as if it had never begun, since they write only workspace and gradients. Its commit calls always finish;
// they run under `lock`, which whoever reads the parameters from elsewhere takes as well.
class Executor {
 public:
  Executor(const Plan& plan, int threads, std::mutex* lock);

  void bind(const std::vector<Slot>& slots);

  // Runs steps [step, count) of the table `steps` (count rows of plan.columnCount doubles), from `call` of
  // the first.
  Progress run(const double* steps, int64_t count, int64_t step, int64_t call, ChunkBudget* budget);

 private:
  // A call with its arguments resolved for the current rows.
  struct Resolved {
    Word words[maxParameters];
    int64_t units;
    double cost;
  };

  bool resolve(size_t call, const double* row, std::string* message);
  bool resolveStep(const double* row, std::string* message);

  const Plan& plan_;
  const int threads_;
  std::mutex* const lock_;
  std::vector<Slot> slots_;
  std::vector<Resolved> resolved_;
  double resolvedRows_ = -1;
};

}  // namespace netwright
