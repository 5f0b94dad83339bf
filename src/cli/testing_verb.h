#pragma once

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

namespace massface {

// For tests: runs a verb within the test's process and returns what it prints to standard output. words: as on the
// command line, the verb first. Throws what the verb throws.
inline std::string verb_output(void (*add_verb)(CLI::App&), std::vector<std::string> words) {
  CLI::App program;
  add_verb(program);
  std::reverse(words.begin(), words.end());  // CLI11 expects the last word first
  testing::internal::CaptureStdout();
  try {
    program.parse(words);
  } catch (...) {
    testing::internal::GetCapturedStdout();
    throw;
  }
  return testing::internal::GetCapturedStdout();
}

}  // namespace massface
