// netwright's own training thread: runs jobs (some milliseconds of plan steps) off the event loop's thread,
// one after another, at lower priority. One per process, made at first need, never destroyed.
#pragma once

#include <functional>

namespace netwright {

// A job belongs to an owner (a Node environment), so that an environment that ends can wait for its own jobs.
struct Job {
  const void* owner;
  std::function<void()> run;
};

// Queues `job`; jobs run in the order of submission. Returns false where no thread can be had.
bool submitJob(Job job);

// Drops the queued jobs of `owner` and returns when none is running. The caller has made sure that it ends
// soon.
void cancelJobs(const void* owner);

}  // namespace netwright
