// The addon: what JavaScript sees of the native side. Typed for TypeScript in src/kernels/native/addon.ts.

#include <napi.h>

#include <algorithm>
#include <climits>
#include <cmath>
#include <memory>

#if defined(_WIN32)
#define NOMINMAX
#include <windows.h>
#elif defined(__linux__)
#include <sys/mman.h>
#endif

#include "../dispatch.h"
#include "../float-mode.h"
#include "../pool.h"
#include "../trainer.h"
#include "arguments.h"
#include "environment.h"
#include "plan-handle.h"

namespace netwright {
namespace {

// What a kernel function of createKernels() computes with.
struct KernelBinding {
  const KernelTable* table;
  int kernel;
  int threads;
};

const KernelTable* tableArgument(const Napi::Value& value) {
  const KernelTable* table =
      value.IsString() ? findTable(value.As<Napi::String>().Utf8Value().c_str()) : nullptr;
  if (table == nullptr) throw Napi::Error::New(value.Env(), "this CPU cannot run that ISA");
  return table;
}

int wholeArgument(const Napi::Value& value, int least, int limit, const char* name) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= least && number < limit) || number != static_cast<int>(number)) {
    throw Napi::RangeError::New(value.Env(), std::string(name) + " is out of range");
  }
  return static_cast<int>(number);
}

void require(Napi::Env env, napi_status status) {
  if (status != napi_ok) throw Napi::Error::New(env);
}

// One kernel call, eagerly. Plain Node-API: this is the path whose cost a user of single kernels feels.
napi_value callKernel(napi_env rawEnv, napi_callback_info info) {
  const Napi::Env env(rawEnv);
  return Napi::details::WrapCallback(rawEnv, [&]() -> napi_value {
    napi_value values[maxParameters];
    size_t count = maxParameters;
    void* data = nullptr;
    napi_get_cb_info(rawEnv, info, &count, values, nullptr, &data);
    const auto& binding = *static_cast<const KernelBinding*>(data);
    const Declaration& declaration = declarations[binding.kernel];
    RawArguments raw;
    Word words[maxParameters];
    readArguments(env, declaration, values, count, &raw);
    requireArguments(env, declaration, raw, words);
    const FlushDenormals flush;
    const int64_t units = countUnits(declaration, binding.table->units[binding.kernel], words, raw.numbers);
    const CallResult result =
        runCall({binding.table->run[binding.kernel], words, units, declaration.cost(raw.numbers)},
                binding.threads, nullptr);
    return statusValue(env, result.status);
  });
}

// createKernels(isa, threads): one function per kernel, in the order of the declarations.
Napi::Value createKernels(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KernelTable* table = tableArgument(info[0]);
  const int threads = wholeArgument(info[1], 1, maxThreads + 1, "threads");
  auto functions = Napi::Array::New(env, kernelCount);
  for (int i = 0; i < kernelCount; i++) {
    auto binding = std::make_unique<KernelBinding>(KernelBinding{table, i, threads});
    napi_value function = nullptr;
    require(env, napi_create_function(env, declarations[i].name.get(), NAPI_AUTO_LENGTH, callKernel,
                                      binding.get(), &function));
    require(env, napi_add_finalizer(
                     env, function, binding.get(),
                     [](napi_env, void* data, void*) { delete static_cast<KernelBinding*>(data); }, nullptr,
                     nullptr));
    binding.release();
    functions.Set(static_cast<uint32_t>(i), function);
  }
  return functions;
}

// units(isa, kernel, arguments): into how many units the kernel's work can be cut.
// runUnits(isa, kernel, arguments, begin, end): runs some of them. Together they let tests cut work at will.
struct UnitsCall {
  const KernelTable* table;
  int kernel;
  Word words[maxParameters];
  int64_t units;
};

UnitsCall readUnitsCall(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  UnitsCall call;
  call.table = tableArgument(info[0]);
  call.kernel = wholeArgument(info[1], 0, kernelCount, "kernel");
  if (!info[2].IsArray()) throw Napi::TypeError::New(env, "arguments is not an array");
  const auto array = info[2].As<Napi::Array>();
  const Declaration& declaration = declarations[call.kernel];
  napi_value values[maxParameters];
  const size_t count = array.Length() < static_cast<uint32_t>(maxParameters) ? array.Length() : maxParameters;
  for (size_t i = 0; i < count; i++) values[i] = array.Get(static_cast<uint32_t>(i));
  RawArguments raw;
  readArguments(env, declaration, values, count, &raw);
  requireArguments(env, declaration, raw, call.words);
  call.units = countUnits(declaration, call.table->units[call.kernel], call.words, raw.numbers);
  return call;
}

Napi::Value units(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(readUnitsCall(info).units));
}

Napi::Value runUnits(const Napi::CallbackInfo& info) {
  const UnitsCall call = readUnitsCall(info);
  const int limit = static_cast<int>(std::min<int64_t>(call.units, INT_MAX - 1)) + 1;
  const int begin = wholeArgument(info[3], 0, limit, "begin");
  const int end = wholeArgument(info[4], begin, limit, "end");
  const FlushDenormals flush;
  const int64_t count = end - begin;
  // As one chunk of its own, whatever the number of threads.
  struct Offset {
    KernelFunction run;
    const void* words;
    int64_t begin;
  } offset{call.table->run[call.kernel], call.words, begin};
  const KernelCall shifted{[](const void* arguments, Range range, float* scratch) {
                             const auto& o = *static_cast<const Offset*>(arguments);
                             return o.run(o.words, {o.begin + range.begin, o.begin + range.end}, scratch);
                           },
                           &offset, count, 0};
  return statusValue(info.Env(), runCall(shifted, 1, nullptr).status);
}

Napi::Value isas(const Napi::CallbackInfo& info) {
  auto names = Napi::Array::New(info.Env());
  for (const KernelTable* table : supportedTables()) names.Set(names.Length(), table->isa);
  return names;
}

// adjustExternalMemory(bytes): tells V8 of memory that only its SharedArrayBuffers know, which V8 does not
// count.
void adjustExternalMemory(const Napi::CallbackInfo& info) {
  int64_t total = 0;
  const int64_t most = int64_t{1} << 40;
  const double bytes = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : NAN;
  if (!(std::fabs(bytes) <= static_cast<double>(most)))
    throw Napi::RangeError::New(info.Env(), "bytes is out of range");
  napi_adjust_external_memory(info.Env(), static_cast<int64_t>(bytes), &total);
}

// addressModulo(view, modulus): where the view's memory begins, for alignment.
Napi::Value addressModulo(const Napi::CallbackInfo& info) {
  void* data = nullptr;
  if (!info[0].IsTypedArray()) throw Napi::TypeError::New(info.Env(), "view is not a typed array");
  napi_get_typedarray_info(info.Env(), info[0], nullptr, nullptr, &data, nullptr, nullptr);
  const int modulus = wholeArgument(info[1], 1, 1 << 30, "modulus");
  return Napi::Number::New(
      info.Env(), static_cast<double>(reinterpret_cast<uintptr_t>(data) % static_cast<uintptr_t>(modulus)));
}

// useHugePages(view): asks the system to back untouched memory, which begins on a huge page, with such pages;
// does nothing where it cannot (other systems than Linux, huge pages switched off).
void useHugePages(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) throw Napi::TypeError::New(info.Env(), "view is not a typed array");
#if defined(__linux__)
  void* data = nullptr;
  napi_get_typedarray_info(info.Env(), info[0], nullptr, nullptr, &data, nullptr, nullptr);
  (void)madvise(data, info[0].As<Napi::TypedArray>().ByteLength(), MADV_HUGEPAGE);
#endif
}

// burstFma(isa, iterations): runs a register-only FMA loop and returns the FLOPs done; timed, it is the
// core's peak.
Napi::Value burstFma(const Napi::CallbackInfo& info) {
  const KernelTable* table = tableArgument(info[0]);
  return Napi::Number::New(info.Env(), table->burstFma(wholeArgument(info[1], 0, 1 << 30, "iterations")));
}

// The environment ends (process exit, worker terminated): its jobs stop before their next chunk, and their
// memory may go only when they have. A terminated worker runs no `finally`, so it may hold a lock that a job
// is waiting for.
void cleanUp(void* data) {
  auto* environment = static_cast<Environment*>(data);
  for (PlanHandle* plan : environment->running) plan->stopNow();
  while (!environment->held.empty()) (*environment->held.begin())->releaseNow();
  cancelJobs(environment);
}

// An exception of `done` is uncaught, as that of any callback.
void reportUncaught(napi_env env, const Napi::Error& error) {
  try {
    napi_fatal_exception(env, error.Value());
  } catch (const Napi::Error&) {
    // The environment is being terminated and takes no more exceptions.
  }
}

// The pool's and the trainer's threads never end, so their code must stay when the worker that loaded it
// ends. Linux: a linker flag (sources.json); macOS does not unload what has thread-local variables.
void stayLoaded() {
#if defined(_WIN32)
  HMODULE module = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     reinterpret_cast<LPCWSTR>(&stayLoaded), &module);
#endif
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  stayLoaded();
  auto* environment = new Environment;
  env.SetInstanceData(environment);
  const napi_status status = napi_create_threadsafe_function(
      env, nullptr, nullptr, Napi::String::New(env, "netwright"), 0, 1, nullptr, nullptr, nullptr,
      [](napi_env rawEnv, napi_value, void*, void* plan) {
        if (rawEnv == nullptr) return;
        const Napi::Env env(rawEnv);
        const Napi::HandleScope scope(env);
        try {
          static_cast<PlanHandle*>(plan)->finish(env);
        } catch (const Napi::Error& error) {
          reportUncaught(rawEnv, error);
        }
      },
      &environment->finished);
  require(env, status);
  require(env, napi_unref_threadsafe_function(env, environment->finished));
  require(env, napi_add_env_cleanup_hook(env, cleanUp, environment));

  exports.Set("Lock", LockHandle::define(env));
  exports.Set("Plan", PlanHandle::define(env));
  exports.Set("fingerprint", Napi::String::New(env, NETWRIGHT_DECLARATION_FINGERPRINT));
  exports.Set("defaultThreads", Napi::Number::New(env, defaultThreads()));
  exports.Set("maxThreads", Napi::Number::New(env, maxThreads));
  exports.Set("isas", Napi::Function::New(env, isas, "isas"));
  exports.Set("createKernels", Napi::Function::New(env, createKernels, "createKernels"));
  exports.Set("units", Napi::Function::New(env, units, "units"));
  exports.Set("runUnits", Napi::Function::New(env, runUnits, "runUnits"));
  exports.Set("adjustExternalMemory", Napi::Function::New(env, adjustExternalMemory, "adjustExternalMemory"));
  exports.Set("addressModulo", Napi::Function::New(env, addressModulo, "addressModulo"));
  exports.Set("useHugePages", Napi::Function::New(env, useHugePages, "useHugePages"));
  exports.Set("burstFma", Napi::Function::New(env, burstFma, "burstFma"));
  return exports;
}

}  // namespace
}  // namespace netwright

// NODE_API_MODULE wants a plain name in the global namespace.
static Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  return netwright::initialise(env, exports);
}
NODE_API_MODULE(netwright, initialise)
