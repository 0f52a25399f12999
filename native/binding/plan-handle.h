// Plans and locks as JavaScript objects.
#pragma once
#include <napi.h>

#include <memory>
#include <mutex>

#include "../plan.h"
#include "environment.h"

namespace netwright {

// new Lock(): guards a model's parameters; acquire() blocks until the training thread is between two commits.
class LockHandle : public Napi::ObjectWrap<LockHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit LockHandle(const Napi::CallbackInfo& info);
  ~LockHandle() override;
  // The lock behind a JavaScript value, or null where it is anything but a Lock.
  static LockHandle* of(const Napi::Value& value);
  std::mutex* mutex() { return &mutex_; }
  bool heldByScript() const { return held_; }
  // Gives it back where JavaScript ended while holding it, or forgot to.
  void releaseNow();

 private:
  void acquire(const Napi::CallbackInfo& info);
  void release(const Napi::CallbackInfo& info);
  std::mutex mutex_;
  bool held_ = false;
};

// new Plan(code, slotCount, inputCount, columnCount, isa, threads, lock)
//   .bind(slots)                               typed arrays on SharedArrayBuffers, kept alive while bound;
//                                              one for each slot but the inputs
//   .runSync(steps, count, step, call, budget) runs here and now
//   .run(steps, count, step, call, budget, done)  runs on the training thread, then calls done(progress)
//   .runStep(rows, call, ...inputs)            one step of a plan without step values, here and now; inputs
//                                              are read where they lie; undefined when it is done
//   .stop()                                    ends a running job before its next chunk
//   .profile(on)                               begins to measure calls, from nothing, or ends it
//   .measurements()                            Float64Array: of each call, its runs, nanoseconds, summed rows
// progress: { outcome, step, call, chunks, code, row, value, message }
class PlanHandle : public Napi::ObjectWrap<PlanHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit PlanHandle(const Napi::CallbackInfo& info);
  void stopNow() { budget_.stop(); }
  // Called on the environment's thread when its job has ended.
  void finish(Napi::Env env);

 private:
  void bind(const Napi::CallbackInfo& info);
  Napi::Value runSync(const Napi::CallbackInfo& info);
  Napi::Value runStep(const Napi::CallbackInfo& info);
  void run(const Napi::CallbackInfo& info);
  void stop(const Napi::CallbackInfo& info);
  void profile(const Napi::CallbackInfo& info);
  Napi::Value measurements(const Napi::CallbackInfo& info);

  void requireIdle(Napi::Env env) const;
  void requireBound(Napi::Env env) const;
  void refuseHeldLock(Napi::Env env) const;
  void prepare(const Napi::CallbackInfo& info);
  void runHere(const double* steps);
  Napi::Value progressValue(Napi::Env env) const;

  Plan plan_;
  LockHandle* lock_ = nullptr;
  Napi::ObjectReference lockObject_;  // keeps it alive
  std::unique_ptr<Executor> executor_;
  std::vector<Napi::ObjectReference> bound_;  // one buffer per slot: keeps the memory alive
  ChunkBudget budget_;
  bool busy_ = false;

  // The run in progress.
  std::vector<double> steps_;
  int64_t count_ = 0;
  Progress progress_{};
  Napi::FunctionReference done_;
};

}  // namespace netwright
