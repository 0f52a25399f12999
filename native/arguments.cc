// Argument checks and their messages.

#include "arguments.h"

#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace netwright {

int64_t elementBytes(Kind kind) { return kind == Kind::uint8 ? 1 : 4; }

namespace {

bool isTensor(const Parameter& parameter) { return parameter.kind < Kind::size; }
bool isOutput(const Parameter& parameter) {
  return parameter.role == Role::out || parameter.role == Role::inout;
}

constexpr double largestSize =
    9007199254740991.0;  // 2^53 - 1: the largest whole number that JavaScript keeps exact

// As JavaScript prints a number, near enough: whole numbers plainly, others with the fewest digits that read
// back.
std::string numberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char text[40];
  if (std::fabs(value) < 1e21 && value == std::floor(value)) {
    std::snprintf(text, sizeof text, "%.0f", value);
    return text;
  }
  for (int digits = 1; digits <= 17; digits++) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) break;
  }
  return text;
}

// ` (m=100, n=50)`: the names in `expression`, in order of first occurrence, with their values.
std::string valuesText(const Declaration& declaration, const char* expression, const RawArguments& raw) {
  std::string text;
  uint32_t seen = 0;
  for (const char* at = expression; *at != 0;) {
    if (!std::isalpha(static_cast<unsigned char>(*at))) {
      at++;
      continue;
    }
    const char* end = at;
    while (std::isalnum(static_cast<unsigned char>(*end))) end++;
    const std::string name(at, end);
    for (int i = 0; i < declaration.parameterCount; i++) {
      if (name != declaration.parameter(i).name.get() || (seen & (1u << i)) != 0) continue;
      seen |= 1u << i;
      text += (text.empty() ? "" : ", ") + name + "=" + numberText(raw.numbers[i]);
    }
    at = end;
  }
  return " (" + text + ")";
}

}  // namespace

ArgumentProblem checkArguments(const Declaration& declaration, const RawArguments& raw, Word* words) {
  int64_t extents[maxParameters];
  for (int i = 0; i < declaration.parameterCount; i++) {
    const Parameter& parameter = declaration.parameter(i);
    if (isTensor(parameter)) continue;
    const double value = raw.numbers[i];
    if (parameter.kind == Kind::scalar) {
      words[i].real = value;
    } else {
      if (!(value >= 0 && value <= largestSize && value == std::floor(value))) {
        return {ArgumentProblem::notWhole, i, 0};
      }
      words[i].integer = static_cast<int64_t>(value);
    }
  }
  for (int i = 0; i < declaration.ruleCount; i++) {
    if (declaration.rule(i).holds(raw.numbers) == 0) return {ArgumentProblem::ruleFalse, 0, i};
  }
  for (int i = 0; i < declaration.parameterCount; i++) {
    const Parameter& parameter = declaration.parameter(i);
    if (!isTensor(parameter)) continue;
    const RawArguments::Tensor& tensor = raw.tensors[i];
    words[i].pointer = tensor.data;
    extents[i] = 0;
    if (tensor.length < 0) {
      if (!parameter.optional) return {ArgumentProblem::missing, i, 0};
      words[i].pointer = nullptr;
      continue;
    }
    const double extent = parameter.extent(raw.numbers);
    if (!(extent <= static_cast<double>(tensor.length))) return {ArgumentProblem::tooShort, i, 0};
    extents[i] = static_cast<int64_t>(extent);
  }
  for (int i = 0; i < declaration.parameterCount; i++) {
    if (!isTensor(declaration.parameter(i)) || !isOutput(declaration.parameter(i)) || extents[i] == 0)
      continue;
    const char* begin = static_cast<const char*>(words[i].pointer);
    const char* end = begin + extents[i] * elementBytes(declaration.parameter(i).kind);
    for (int j = 0; j < declaration.parameterCount; j++) {
      if (j == i || !isTensor(declaration.parameter(j)) || extents[j] == 0) continue;
      const char* otherBegin = static_cast<const char*>(words[j].pointer);
      const char* otherEnd = otherBegin + extents[j] * elementBytes(declaration.parameter(j).kind);
      const bool apart = end <= otherBegin || otherEnd <= begin;
      const bool inPlace = begin == otherBegin && (declaration.parameter(i).inPlaceOf & (1u << j)) != 0;
      if (!apart && !inPlace) return {ArgumentProblem::overlap, i, j};
    }
  }
  return {ArgumentProblem::none, 0, 0};
}

std::string describeProblem(const Declaration& declaration, const ArgumentProblem& problem,
                            const RawArguments& raw) {
  const Parameter& parameter = declaration.parameter(problem.parameter);
  const std::string kernel = std::string(declaration.name.get()) + ": ";
  const std::string name = parameter.name.get();
  switch (problem.kind) {
    case ArgumentProblem::none:
      return "";
    case ArgumentProblem::notWhole:
      return kernel + name + " is " + numberText(raw.numbers[problem.parameter]) +
             ", expected a whole number";
    case ArgumentProblem::missing:
      return kernel + name + " is missing";
    case ArgumentProblem::tooShort:
      return kernel + name + " has " + std::to_string(raw.tensors[problem.parameter].length) +
             " elements, needs " + parameter.extentText.get() + " = " +
             numberText(parameter.extent(raw.numbers)) +
             valuesText(declaration, parameter.extentText.get(), raw);
    case ArgumentProblem::ruleFalse: {
      const char* rule = declaration.rule(problem.other).text.get();
      return kernel + rule + " is false" + valuesText(declaration, rule, raw);
    }
    case ArgumentProblem::overlap:
      return kernel + name + " overlaps " + declaration.parameter(problem.other).name.get();
  }
  return kernel;
}

// Whether a kernel has outputs and all of them are empty.
static bool writesNothing(const Declaration& declaration, const double* numbers) {
  bool outputs = false;
  for (int i = 0; i < declaration.parameterCount; i++) {
    const Parameter& parameter = declaration.parameter(i);
    if (!isTensor(parameter) || !isOutput(parameter)) continue;
    if (parameter.extent(numbers) > 0) return false;
    outputs = true;
  }
  return outputs;
}

int64_t countUnits(const Declaration& declaration, int64_t (*count)(const void*), const Word* words,
                   const double* numbers) {
  if (writesNothing(declaration, numbers)) return 0;
  if (declaration.countsUnits) return count(words);
  const int64_t total = static_cast<int64_t>(declaration.units(numbers));
  return (total + declaration.block - 1) / declaration.block;
}

}  // namespace netwright
