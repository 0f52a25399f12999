// Writes a plan's numbers by hand.
#pragma once
#include <initializer_list>
#include <vector>

#include "../plan.h"

namespace netwright {

// src/kernels/native/encode.ts has the format.
class Code {
 public:
  std::vector<double> numbers;

  Code& call(int kernel, bool commit = false) {
    return add({static_cast<double>(kernel), commit ? 1.0 : 0.0});
  }
  Code& absent() { return add({0}); }
  // `length` elements of `slot`, from its start; `perRow` more for each row of the step.
  Code& tensor(int slot, double length, double perRow = 0) {
    return add({1, static_cast<double>(slot), 0, 0, length, perRow});
  }
  Code& number(double constant, double perRow = 0) { return add({2, constant, perRow}); }
  Code& rows(double perRow = 1) { return number(0, perRow); }
  Code& step(int column) { return add({3, static_cast<double>(column)}); }

 private:
  Code& add(std::initializer_list<double> more) {
    numbers.insert(numbers.end(), more);
    return *this;
  }
};

}  // namespace netwright
