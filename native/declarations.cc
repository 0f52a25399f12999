// The generated tables of declarations, and how to read them.

#include "kernel-declarations.h"

namespace netwright {

const char* Text::get() const { return texts + place; }

double Expression::operator()(const double* v) const { return evaluate(place, v); }

const Parameter& Declaration::parameter(int i) const { return parameters[firstParameter + i]; }

const Rule& Declaration::rule(int i) const { return rules[firstRule + i]; }

}  // namespace netwright
