// Plans: reading one, resolving its arguments, replaying it.

#include "plan.h"

#include <cmath>

#include "float-mode.h"

namespace netwright {
namespace {

// Reads a plan's code number by number and remembers whether anything did not fit.
class Reader {
 public:
  Reader(const double* code, int64_t length) : at_(code), end_(code + length) {}
  bool atEnd() const { return at_ == end_; }
  bool good() const { return good_; }
  double number() {
    if (at_ == end_) {
      good_ = false;
      return 0;
    }
    return *at_++;
  }
  // A whole number in [least, limit).
  int whole(int least, int limit) {
    const double value = number();
    if (value >= least && value < limit && value == std::floor(value)) return static_cast<int>(value);
    good_ = false;
    return least;
  }
  Linear linear() {
    const double constant = number();
    return {constant, number()};
  }

 private:
  const double* at_;
  const double* end_;
  bool good_ = true;
};

bool isWhole(double value) { return value >= 0 && value <= 9007199254740991.0 && value == std::floor(value); }

}  // namespace

std::string Plan::parse(const double* code, int64_t length) {
  Reader reader(code, length);
  bool committing = false;
  while (!reader.atEnd()) {
    PlanCall call;
    call.kernel = reader.whole(hostCall, kernelCount);
    call.commit = reader.whole(0, 2) != 0;
    call.firstArgument = static_cast<int>(arguments.size());
    call.everyStep = false;
    const std::string place = "call " + std::to_string(calls.size());
    if (!reader.good()) return place + ": no such kernel or phase";
    if (committing && !call.commit) return place + ": a compute call after a commit call";
    if (call.commit && call.kernel == hostCall) return place + ": a host call in the commit phase";
    committing = call.commit;
    const int count = call.kernel == hostCall ? 0 : declarations[call.kernel].parameterCount;
    for (int i = 0; i < count; i++) {
      const bool isTensor = declarations[call.kernel].parameters[i].kind < Kind::size;
      PlanArgument argument{};
      argument.source = static_cast<PlanArgument::Source>(reader.whole(0, 4));
      switch (argument.source) {
        case PlanArgument::absent:
          break;
        case PlanArgument::tensor:
          argument.slot = reader.whole(0, slotCount);
          argument.offset = reader.linear();
          argument.value = reader.linear();
          break;
        case PlanArgument::number:
          argument.value = reader.linear();
          break;
        case PlanArgument::step:
          argument.value = {static_cast<double>(reader.whole(0, columnCount)), 0};
          call.everyStep = true;
          break;
      }
      const bool fits =
          isTensor ? argument.source <= PlanArgument::tensor : argument.source >= PlanArgument::number;
      if (!reader.good() || !fits) return place + ": bad argument " + std::to_string(i);
      arguments.push_back(argument);
    }
    calls.push_back(call);
  }
  return "";
}

Executor::Executor(const Plan& plan, int threads, std::mutex* lock)
    : plan_(plan),
      threads_(threads),
      lock_(lock),
      slots_(static_cast<size_t>(plan.slotCount)),
      resolved_(plan.calls.size()) {}

void Executor::bind(const std::vector<Slot>& slots) {
  slots_ = slots;
  resolvedRows_ = -1;
}

bool Executor::resolve(size_t index, const double* row, std::string* message) {
  const PlanCall& call = plan_.calls[index];
  const Declaration& declaration = declarations[call.kernel];
  Resolved& resolved = resolved_[index];
  const double rows = row[0];
  RawArguments raw;
  for (int i = 0; i < declaration.parameterCount; i++) {
    const PlanArgument& argument = plan_.arguments[static_cast<size_t>(call.firstArgument + i)];
    raw.numbers[i] = 0;
    switch (argument.source) {
      case PlanArgument::absent:
        raw.tensors[i] = {nullptr, -1};
        break;
      case PlanArgument::tensor: {
        const Slot& slot = slots_[static_cast<size_t>(argument.slot)];
        const int64_t bytes = elementBytes(declaration.parameters[i].kind);
        const double offset = argument.offset.at(rows);
        const double length =
            argument.value.constant == wholeSlot
                ? std::floor((static_cast<double>(slot.bytes) - offset) / static_cast<double>(bytes))
                : argument.value.at(rows);
        const bool inside = isWhole(offset) && isWhole(length) &&
                            offset + length * static_cast<double>(bytes) <= static_cast<double>(slot.bytes) &&
                            (reinterpret_cast<uintptr_t>(slot.data) + static_cast<uintptr_t>(offset)) %
                                    static_cast<uintptr_t>(bytes) ==
                                0;
        if (!inside) {
          *message = std::string(declaration.name) + ": " + declaration.parameters[i].name +
                     " does not lie in its memory (call " + std::to_string(index) + " of the plan, slot " +
                     std::to_string(argument.slot) + ", " + std::to_string(slot.bytes) + " bytes)";
          return false;
        }
        raw.tensors[i] = {slot.data + static_cast<int64_t>(offset), static_cast<int64_t>(length)};
        break;
      }
      case PlanArgument::number:
        raw.numbers[i] = argument.value.at(rows);
        break;
      case PlanArgument::step:
        raw.numbers[i] = row[static_cast<int>(argument.value.constant)];
        break;
    }
  }
  const ArgumentProblem problem = checkArguments(declaration, raw, resolved.words);
  if (problem.kind != ArgumentProblem::none) {
    *message = describeProblem(declaration, problem, raw);
    return false;
  }
  resolved.units = countUnits(declaration, plan_.table->units[call.kernel], resolved.words, raw.numbers);
  resolved.cost = declaration.cost(raw.numbers);
  return true;
}

// Every call of the step is checked before the first one runs, so that no step fails halfway for its
// arguments.
bool Executor::resolveStep(const double* row, std::string* message) {
  if (!isWhole(row[0])) {
    *message = "the step table's rows are not a whole number";
    return false;
  }
  const bool all = row[0] != resolvedRows_;
  resolvedRows_ = -1;
  for (size_t i = 0; i < plan_.calls.size(); i++) {
    if (plan_.calls[i].kernel == hostCall || !(all || plan_.calls[i].everyStep)) continue;
    if (!resolve(i, row, message)) return false;
  }
  resolvedRows_ = row[0];
  return true;
}

Progress Executor::run(const double* steps, int64_t count, int64_t step, int64_t call, ChunkBudget* budget) {
  const FlushDenormals flush;
  Progress progress{Outcome::done, step, call, 0, ok, ""};
  const int64_t before = budget->left();
  const auto finish = [&](Outcome outcome) {
    progress.outcome = outcome;
    progress.chunks = before - budget->left();
    return progress;
  };
  for (; progress.step < count; progress.step++, progress.call = 0) {
    const double* row = steps + progress.step * plan_.columnCount;
    if (!resolveStep(row, &progress.message)) return finish(Outcome::refused);
    std::unique_lock<std::mutex> commit(*lock_, std::defer_lock);
    for (; progress.call < static_cast<int64_t>(plan_.calls.size()); progress.call++) {
      const PlanCall& current = plan_.calls[static_cast<size_t>(progress.call)];
      if (current.kernel == hostCall) return finish(Outcome::host);
      if (current.commit && !commit.owns_lock()) {
        if (!budget->allowsMore()) return finish(Outcome::stopped);
        commit.lock();
      }
      const Resolved& resolved = resolved_[static_cast<size_t>(progress.call)];
      const CallResult result =
          runCall({plan_.table->run[current.kernel], resolved.words, resolved.units, resolved.cost}, threads_,
                  current.commit ? nullptr : budget);
      if (result.stopped) return finish(Outcome::stopped);
      if (result.status.code != 0) {
        progress.status = result.status;
        return finish(Outcome::failed);
      }
    }
  }
  return finish(Outcome::done);
}

}  // namespace netwright
