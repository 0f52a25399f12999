// What one JavaScript environment (the main thread, a worker) owns of the addon. No global state: several
// copies and many workers may load it.
#pragma once
#include <napi.h>

#include <set>

namespace netwright {

class LockHandle;
class PlanHandle;

struct Environment {
  napi_threadsafe_function finished =
      nullptr;                    // carries ended jobs from the training thread to this environment
  std::set<PlanHandle*> running;  // plans with a job in flight
  std::set<LockHandle*> held;     // locks that JavaScript holds
};

}  // namespace netwright
