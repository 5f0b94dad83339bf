#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "core/testing_folder.h"
#include "core/testing_places.h"

namespace massface {

struct ProgramResult {
  int exit_code = -1;  // 128 + signal if a signal ended it, as in a shell
  std::string standard_output;
  std::string standard_error;
};

inline std::string read_all(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// Runs the massface program as a user does: a shell parses `environment` ("NAME=VALUE ..."), then `arguments`.
inline ProgramResult run_massface(const std::string& arguments, const std::string& environment = "") {
  const TemporaryFolder folder;
  const std::string command = environment + " " + program_under_test().native() + " " + arguments + " >" +
                              (folder / "out").native() + " 2>" + (folder / "err").native();
  const int status = std::system(command.c_str());
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          .standard_output = read_all(folder / "out"),
          .standard_error = read_all(folder / "err")};
}

}  // namespace massface
