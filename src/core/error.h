#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace massface {

// A mistake of the user in an option, a file or a data set. what() names it, what was found, what was expected and what
// to do. The program exits with code 2.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A failure of the machine or of the run that is not the user's mistake: a full disk, a loss that is not finite. The
// program exits with code 1.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Ends the program with this exit code and without a message: another process has told the reason.
struct ToldElsewhere {
  int exit_code;
};

template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

// Throws Error unless the condition holds.
template <typename... Args>
void require(bool condition, fmt::format_string<Args...> format, Args&&... args) {
  if (!condition) fail(format, std::forward<Args>(args)...);
}

// Checks one of our own invariants. If it does not hold, aborts with file and line, since continuing would compute
// something wrong.
inline void check(bool condition, std::string_view invariant,
                  std::source_location where = std::source_location::current()) {
  if (condition) return;
  std::fprintf(stderr, "%s:%u: broken invariant: %.*s\n", where.file_name(), static_cast<unsigned>(where.line()),
               static_cast<int>(invariant.size()), invariant.data());
  std::abort();
}

}  // namespace massface
