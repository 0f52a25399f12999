// Plans and locks as JavaScript objects.

#include "plan-handle.h"

#include <cmath>

#include "../dispatch.h"
#include "../trainer.h"

namespace netwright {
namespace {

[[noreturn]] void fail(Napi::Env env, const std::string& message, const char* code) {
  auto error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  throw error;
}

int64_t wholeArgument(const Napi::CallbackInfo& info, size_t i, const char* name, int64_t least,
                      int64_t most) {
  const double value = info[i].IsNumber() ? info[i].As<Napi::Number>().DoubleValue() : NAN;
  if (!(value >= static_cast<double>(least) && value <= static_cast<double>(most) &&
        value == std::floor(value))) {
    fail(info.Env(), std::string("Plan: ") + name + " is not a whole number in its range", "ERR_ARGUMENT");
  }
  return static_cast<int64_t>(value);
}

struct Doubles {
  const double* data;
  int64_t length;
};

Doubles doublesArgument(const Napi::CallbackInfo& info, size_t i, const char* name) {
  if (info[i].IsTypedArray() && info[i].As<Napi::TypedArray>().TypedArrayType() == napi_float64_array) {
    void* data = nullptr;
    size_t length = 0;
    napi_get_typedarray_info(info.Env(), info[i], nullptr, &length, &data, nullptr, nullptr);
    return {static_cast<const double*>(data), static_cast<int64_t>(length)};
  }
  fail(info.Env(), std::string("Plan: ") + name + " is not a Float64Array", "ERR_ARGUMENT");
}

// Bytes of an element; 0 for arrays that no tensor has.
int64_t elementSize(napi_typedarray_type type) {
  if (type == napi_float64_array) return 8;
  if (type == napi_float32_array || type == napi_int32_array) return 4;
  return type == napi_uint8_array ? 1 : 0;
}

}  // namespace

Napi::Function LockHandle::define(Napi::Env env) {
  return DefineClass(
      env, "Lock",
      {InstanceMethod<&LockHandle::acquire>("acquire"), InstanceMethod<&LockHandle::release>("release")});
}

// Tells Locks from all other objects, whatever JavaScript has done to their prototypes.
static const napi_type_tag lockTag = {0x6e657477726967ULL, 0x74206c6f636bULL};

LockHandle::LockHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<LockHandle>(info) {
  info.This().As<Napi::Object>().TypeTag(&lockTag);
}

LockHandle::~LockHandle() { releaseNow(); }

LockHandle* LockHandle::of(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&lockTag)) return nullptr;
  return Unwrap(value.As<Napi::Object>());
}

void LockHandle::acquire(const Napi::CallbackInfo& info) {
  if (held_) fail(info.Env(), "Lock: already held", "ERR_STATE");
  info.Env().GetInstanceData<Environment>()->held.insert(this);
  mutex_.lock();
  held_ = true;
}

void LockHandle::release(const Napi::CallbackInfo& info) {
  if (!held_) fail(info.Env(), "Lock: not held", "ERR_STATE");
  releaseNow();
}

void LockHandle::releaseNow() {
  if (!held_) return;
  Env().GetInstanceData<Environment>()->held.erase(this);
  held_ = false;
  mutex_.unlock();
}

Napi::Function PlanHandle::define(Napi::Env env) {
  return DefineClass(
      env, "Plan",
      {InstanceMethod<&PlanHandle::bind>("bind"), InstanceMethod<&PlanHandle::runSync>("runSync"),
       InstanceMethod<&PlanHandle::runStep>("runStep"), InstanceMethod<&PlanHandle::run>("run"),
       InstanceMethod<&PlanHandle::stop>("stop"), InstanceMethod<&PlanHandle::profile>("profile"),
       InstanceMethod<&PlanHandle::measurements>("measurements")});
}

PlanHandle::PlanHandle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PlanHandle>(info) {
  const Napi::Env env = info.Env();
  const Doubles code = doublesArgument(info, 0, "code");
  plan_.slotCount = static_cast<int>(wholeArgument(info, 1, "slotCount", 0, 1 << 16));
  plan_.inputCount = static_cast<int>(wholeArgument(info, 2, "inputCount", 0, plan_.slotCount));
  plan_.columnCount = static_cast<int>(wholeArgument(info, 3, "columnCount", 1, 1 << 16));
  plan_.table = info[4].IsString() ? findTable(info[4].As<Napi::String>().Utf8Value().c_str()) : nullptr;
  if (plan_.table == nullptr) fail(env, "Plan: this CPU cannot run that ISA", "ERR_BACKEND");
  const int threads = static_cast<int>(wholeArgument(info, 5, "threads", 1, maxThreads));
  lock_ = LockHandle::of(info[6]);
  if (lock_ == nullptr) fail(env, "Plan: lock is not a Lock", "ERR_ARGUMENT");
  lockObject_ = Napi::Persistent(info[6].As<Napi::Object>());
  const std::string problem = plan_.parse(code.data, code.length);
  if (!problem.empty()) fail(env, "Plan: " + problem, "ERR_ARGUMENT");
  executor_ = std::make_unique<Executor>(plan_, threads, lock_->mutex());
}

void PlanHandle::requireIdle(Napi::Env env) const {
  if (busy_) fail(env, "Plan: a job is running", "ERR_STATE");
}

void PlanHandle::requireBound(Napi::Env env) const {
  if (bound_.size() != static_cast<size_t>(plan_.slotCount - plan_.inputCount))
    fail(env, "Plan: no slots are bound", "ERR_STATE");
}

void PlanHandle::refuseHeldLock(Napi::Env env) const {
  const bool commits = !plan_.calls.empty() && plan_.calls.back().commit;
  if (commits && lock_->heldByScript()) fail(env, "Plan: its lock is held by the caller", "ERR_STATE");
}

void PlanHandle::bind(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsArray()) fail(env, "Plan: slots is not an array", "ERR_ARGUMENT");
  const auto given = info[0].As<Napi::Array>();
  const auto slotCount = static_cast<uint32_t>(plan_.slotCount - plan_.inputCount);
  if (given.Length() != slotCount) fail(env, "Plan: wrong number of slots", "ERR_ARGUMENT");
  std::vector<Slot> slots;
  std::vector<Napi::ObjectReference> bound;
  for (uint32_t i = 0; i < slotCount; i++) {
    const Napi::Value view =
        given.Get(i);  // may run JavaScript (a getter), which may change the array or run the plan
    napi_typedarray_type type{};
    size_t length = 0, offset = 0;
    void* data = nullptr;
    napi_value buffer = nullptr;
    bool canBeDetached = true;
    if (view.IsTypedArray()) {
      napi_get_typedarray_info(env, view, &type, &length, &data, &buffer, &offset);
      napi_is_arraybuffer(env, buffer, &canBeDetached);
    }
    if (canBeDetached) {
      fail(env, "Plan: slot " + std::to_string(i) + " is not a typed array on a SharedArrayBuffer",
           "ERR_ARGUMENT");
    }
    const int64_t bytes = elementSize(type);
    if (bytes == 0)
      fail(env, "Plan: slot " + std::to_string(i) + " has an unknown element type", "ERR_ARGUMENT");
    bound.push_back(Napi::Persistent(Napi::Object(env, buffer)));
    slots.push_back({static_cast<char*>(data), static_cast<int64_t>(length) * bytes});
  }
  requireIdle(env);
  bound_ = std::move(bound);
  executor_->bind(slots);
}

// Reads (steps, count, step, call, budget) into the run in progress.
void PlanHandle::prepare(const Napi::CallbackInfo& info) {
  requireIdle(info.Env());
  requireBound(info.Env());
  if (plan_.inputCount > 0) fail(info.Env(), "Plan: it takes inputs, which only runStep brings", "ERR_STATE");
  const Doubles steps = doublesArgument(info, 0, "steps");
  count_ = wholeArgument(info, 1, "count", 0, steps.length / plan_.columnCount);
  progress_ = Progress{};
  progress_.step = wholeArgument(info, 2, "step", 0, count_);
  progress_.call = wholeArgument(info, 3, "call", 0, static_cast<int64_t>(plan_.calls.size()));
  const double limit = info[4].IsNumber() ? info[4].As<Napi::Number>().DoubleValue() : NAN;
  if (std::isnan(limit)) fail(info.Env(), "Plan: budget is not a number", "ERR_ARGUMENT");
  steps_.assign(steps.data, steps.data + count_ * plan_.columnCount);
  budget_.set(limit <= 0 ? 0 : limit < static_cast<double>(noLimit) ? static_cast<int64_t>(limit) : noLimit);
}

Napi::Value PlanHandle::runSync(const Napi::CallbackInfo& info) {
  refuseHeldLock(info.Env());
  prepare(info);
  runHere(steps_.data());
  return progressValue(info.Env());
}

// What a short prediction costs is mostly this call: no object is made for a step that is simply done.
Napi::Value PlanHandle::runStep(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  refuseHeldLock(env);
  requireIdle(env);
  requireBound(env);
  if (plan_.columnCount != 1)
    fail(env, "Plan: its steps have values, which only a table brings", "ERR_STATE");
  const double rows = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : NAN;
  progress_ = Progress{};
  progress_.call = wholeArgument(info, 1, "call", 0, static_cast<int64_t>(plan_.calls.size()));
  for (int i = 0; i < plan_.inputCount; i++) {
    const Napi::Value view = info[static_cast<size_t>(i) + 2];
    napi_typedarray_type type{};
    size_t length = 0;
    void* data = nullptr;
    if (view.IsTypedArray()) napi_get_typedarray_info(env, view, &type, &length, &data, nullptr, nullptr);
    executor_->bindInput(i, {static_cast<char*>(data), static_cast<int64_t>(length) * elementSize(type)});
  }
  count_ = 1;
  budget_.set(noLimit);
  runHere(&rows);
  // Nobody keeps them alive from here on.
  for (int i = 0; i < plan_.inputCount; i++) executor_->bindInput(i, {nullptr, 0});
  return progress_.outcome == Outcome::done ? env.Undefined() : progressValue(env);
}

// No exception may leave the training thread.
void PlanHandle::runHere(const double* steps) {
  try {
    progress_ = executor_->run(steps, count_, progress_.step, progress_.call, &budget_);
  } catch (const std::exception& error) {
    progress_.outcome = Outcome::refused;
    progress_.message = error.what();
  }
}

void PlanHandle::run(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto* environment = env.GetInstanceData<Environment>();
  if (!info[5].IsFunction()) fail(env, "Plan: done is not a function", "ERR_ARGUMENT");
  prepare(info);
  const napi_threadsafe_function finished = environment->finished;
  const bool queued = submitJob({environment, [this, finished] {
                                   runHere(steps_.data());
                                   napi_call_threadsafe_function(finished, this, napi_tsfn_nonblocking);
                                 }});
  if (!queued) fail(env, "Plan: the system gives no more threads", "ERR_BACKEND");
  busy_ = true;
  done_ = Napi::Persistent(info[5].As<Napi::Function>());
  Ref();
  // A job in flight keeps the process alive; an idle addon does not.
  if (environment->running.empty()) napi_ref_threadsafe_function(env, finished);
  environment->running.insert(this);
}

void PlanHandle::finish(Napi::Env env) {
  auto* environment = env.GetInstanceData<Environment>();
  environment->running.erase(this);
  if (environment->running.empty()) napi_unref_threadsafe_function(env, environment->finished);
  busy_ = false;
  const Napi::Function done = done_.Value();
  done_.Reset();
  const Napi::Value progress = progressValue(env);
  Unref();
  done.Call({progress});
}

void PlanHandle::stop(const Napi::CallbackInfo&) { stopNow(); }

void PlanHandle::profile(const Napi::CallbackInfo& info) {
  requireIdle(info.Env());
  executor_->profile(info[0].ToBoolean());
}

Napi::Value PlanHandle::measurements(const Napi::CallbackInfo& info) {
  requireIdle(info.Env());
  const std::vector<Measurement>& measured = executor_->measurements();
  auto numbers = Napi::Float64Array::New(info.Env(), 3 * measured.size());
  for (size_t i = 0; i < measured.size(); i++) {
    numbers[3 * i] = static_cast<double>(measured[i].calls);
    numbers[3 * i + 1] = static_cast<double>(measured[i].nanoseconds);
    numbers[3 * i + 2] = measured[i].rows;
  }
  return numbers;
}

Napi::Value PlanHandle::progressValue(Napi::Env env) const {
  auto object = Napi::Object::New(env);
  object.Set("outcome", static_cast<int>(progress_.outcome));
  object.Set("step", static_cast<double>(progress_.step));
  object.Set("call", static_cast<double>(progress_.call));
  object.Set("chunks", static_cast<double>(progress_.chunks));
  object.Set("code", progress_.status.code);
  object.Set("row", static_cast<double>(progress_.status.row));
  object.Set("value", progress_.status.value);
  object.Set("message", progress_.message);
  return object;
}

}  // namespace netwright
