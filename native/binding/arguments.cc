// Unpacking of JavaScript values, driven by the declarations.

#include "arguments.h"

namespace netwright {
namespace {

napi_typedarray_type arrayType(Kind kind) {
  switch (kind) {
    case Kind::int32:
      return napi_int32_array;
    case Kind::uint8:
      return napi_uint8_array;
    default:
      return napi_float32_array;
  }
}

const char* const elementNames[] = {"float32", "int32", "uint8"};

[[noreturn]] void fail(Napi::Env env, const Declaration& declaration, const Parameter& parameter,
                       const char* expected) {
  auto error = Napi::TypeError::New(
      env, std::string(declaration.name.get()) + ": " + parameter.name.get() + " is not " + expected);
  error.Set("code", Napi::String::New(env, "ERR_KERNEL"));
  throw error;
}

}  // namespace

void readArguments(Napi::Env env, const Declaration& declaration, const napi_value* values, size_t count,
                   RawArguments* raw) {
  for (int i = 0; i < declaration.parameterCount; i++) {
    const Parameter& parameter = declaration.parameter(i);
    raw->numbers[i] = 0;
    raw->tensors[i] = {nullptr, -1};
    const bool given = static_cast<size_t>(i) < count;
    if (parameter.kind >= Kind::size) {
      if (!given || napi_get_value_double(env, values[i], &raw->numbers[i]) != napi_ok) {
        fail(env, declaration, parameter, "a number");
      }
      continue;
    }
    napi_valuetype type = napi_undefined;
    if (given) napi_typeof(env, values[i], &type);
    if (type == napi_undefined || type == napi_null) continue;
    bool isTypedArray = false;
    napi_is_typedarray(env, values[i], &isTypedArray);
    napi_typedarray_type elements{};
    size_t length = 0;
    void* data = nullptr;
    if (isTypedArray) napi_get_typedarray_info(env, values[i], &elements, &length, &data, nullptr, nullptr);
    if (!isTypedArray || elements != arrayType(parameter.kind)) {
      fail(env, declaration, parameter, elementNames[static_cast<int>(parameter.kind)]);
    }
    raw->tensors[i] = {data, static_cast<int64_t>(length)};
  }
}

void requireArguments(Napi::Env env, const Declaration& declaration, const RawArguments& raw, Word* words) {
  const ArgumentProblem problem = checkArguments(declaration, raw, words);
  if (problem.kind == ArgumentProblem::none) return;
  auto error = Napi::RangeError::New(env, describeProblem(declaration, problem, raw));
  error.Set("code", Napi::String::New(env, "ERR_KERNEL"));
  throw error;
}

Napi::Value statusValue(Napi::Env env, const Status& status) {
  if (status.code == 0) return env.Undefined();
  auto object = Napi::Object::New(env);
  object.Set("code", status.code);
  object.Set("row", static_cast<double>(status.row));
  object.Set("value", status.value);
  return object;
}

}  // namespace netwright
