// What the headers of GCC 11 and 12 call and the libstdc++ of GCC 8 (RHEL 8, Debian 10) does not have: with
// these definitions in it, an addon that was built on a newer system loads there, too.

#include <condition_variable>
#include <mutex>
#include <new>

#if defined(_GLIBCXX_RELEASE) && defined(__linux__)
#include <pthread.h>

namespace std {

#if _GLIBCXX_RELEASE >= 11
// GLIBCXX_3.4.29: std::allocator calls it for sizes that overflow.
void __throw_bad_array_new_length() { throw bad_array_new_length(); }
#endif

#if _GLIBCXX_RELEASE >= 12
// GLIBCXX_3.4.30, which differs from 3.4.11's in not being `noexcept`.
void condition_variable::wait(unique_lock<mutex>& lock) {
  pthread_cond_wait(native_handle(), lock.mutex()->native_handle());
}
#endif

}  // namespace std
#endif
