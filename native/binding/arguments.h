// JavaScript values to RawArguments: types only; extents and rules are native/arguments.cc's.
#pragma once
#include <napi.h>

#include "../arguments.h"
#include "../kernel-table.h"

namespace netwright {

// Reads `count` JavaScript arguments of a kernel: typed arrays, numbers, null or undefined for what is
// absent. Throws a Napi::TypeError that names the kernel and the parameter.
void readArguments(Napi::Env env, const Declaration& declaration, const napi_value* values, size_t count,
                   RawArguments* raw);

// Checks `raw` and throws a Napi::RangeError with the problem's text (code ERR_KERNEL).
void requireArguments(Napi::Env env, const Declaration& declaration, const RawArguments& raw, Word* words);

// { code, row, value }, or undefined when all went well.
Napi::Value statusValue(Napi::Env env, const Status& status);

}  // namespace netwright
