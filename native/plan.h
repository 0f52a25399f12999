// A plan: a recorded list of kernel calls over planned memory, and the executor that replays it step by step.
// Knows nothing of JavaScript. The TypeScript twin is src/kernels/sequential-executor.ts.
#pragma once
#include <stdint.h>

#include <mutex>
#include <string>
#include <vector>

#include "arguments.h"
#include "chain-memory.h"
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
  int updateColumn;   // not 0: only steps run it that have not 0 in this column of the step table
  bool everyStep;     // has an argument from the step table, or reads an input
  bool chained;       // runs in one chain with the call before (chain.h)
};
constexpr int hostCall = -1;

// A call with its arguments resolved for a number of rows.
struct ResolvedCall {
  Word words[maxParameters];
  int64_t units;
  double cost;
};

struct Slot {
  char* data;
  int64_t bytes;
};

// Samples [begin, end) of a step; where a call works by groups of samples they are its group `group`, of so
// many. groups 0: the whole step.
struct StepPart {
  int64_t begin, end;
  int64_t group, groups;
};

// Tensors that live in one chain only, in the slot after the last: memory of the thread that runs a part. A
// tensor's offset.perRow is what the tensors before it take of a sample; its place is only known when a part
// runs, so it is located as if the memory began here, where nothing else is.
constexpr uintptr_t chainMemoryStart = uintptr_t{1} << 62;

// Immutable after parse().
struct Plan {
  const KernelTable* table;
  int slotCount;
  int inputCount = 0;  // of the slots, the last ones: memory that each run brings along
  int columnCount;     // of the step table; column 0 is the number of rows
  std::vector<PlanCall> calls;
  std::vector<PlanArgument> arguments;

  // Reads `code` (src/kernels/native/encode.ts has the format). Returns what is wrong with it, or "".
  std::string parse(const double* code, int64_t length);

  // Arguments of call `index`, which is no host call, for `part` of the step of this row of the step table.
  // Returns what does not lie in its memory, or "".
  std::string locate(int64_t index, const std::vector<Slot>& slots, const double* row, const StepPart& part,
                     RawArguments* raw) const;
  // Checks and resolves them. Returns what is wrong, or "".
  std::string check(int64_t index, const RawArguments& raw, ResolvedCall* resolved) const;
  // Elements of a row of its index tensor, in which a failing row is counted; 0 where it has none.
  int64_t indexElementsPerRow(int64_t index) const;
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

class Chain;

// What the runs of one call took: whole runs only, not those that stopped or failed.
struct Measurement {
  int64_t calls = 0;
  int64_t nanoseconds = 0;
  double rows = 0;  // of the calls' steps, summed
};

// Replays a plan over bound slots. One at a time: an executor is not thread-safe.
//
// A step is a transaction. Its compute calls may be stopped between two chunks, or fail, and the step is then
// as if it had never begun, since they write only workspace and gradients. Its commit calls always finish;
// they run under `lock`, which whoever reads the parameters from elsewhere takes as well. Some commit calls
// belong only to steps that the step table names: those that end a group of batches.
class Executor {
 public:
  Executor(const Plan& plan, int threads, std::mutex* lock);
  ~Executor();

  // All slots but the inputs.
  void bind(const std::vector<Slot>& slots);
  // Input i, for the runs up to the next call of this.
  void bindInput(int i, Slot input) {
    slots_[static_cast<size_t>(plan_.slotCount - plan_.inputCount + i)] = input;
  }

  // Runs steps [step, count) of the table `steps` (count rows of plan.columnCount doubles), from `call` of
  // the first.
  Progress run(const double* steps, int64_t count, int64_t step, int64_t call, ChunkBudget* budget);

  // Begins to measure calls, from nothing, or ends it.
  void profile(bool on);
  // By call of the plan.
  const std::vector<Measurement>& measurements() const { return measurements_; }

 private:
  std::string resolve(size_t call, const double* row);
  std::string resolveStep(const double* row);
  // Runs call `call`, or the chain that begins with it, and measures it where profiling is on.
  CallResult runNext(size_t call, double rows, ChunkBudget* budget, int64_t* failedCall);

  const Plan& plan_;
  const int threads_;
  std::mutex* const lock_;
  std::vector<Slot> slots_;
  std::vector<ResolvedCall> resolved_;
  std::vector<Chain> chains_;
  ChainMemory chainMemory_;
  std::vector<Chain*> chainFrom_;  // by call: the chain that begins with it, or null
  double resolvedRows_ = -1;
  std::vector<Measurement> measurements_;
  bool profiling_ = false;
};

}  // namespace netwright
