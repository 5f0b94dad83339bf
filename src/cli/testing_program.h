#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace massface {

struct ProgramResult {
  int exit_code = -1;  // 128 + signal when one ended it, as a shell says
  std::string standard_output;
  std::string standard_error;
};

inline std::string read_all(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

// The massface program as a user runs it: `arguments` go through a shell, after `environment` ("NAME=VALUE ...").
inline ProgramResult run_massface(const std::string& arguments, const std::string& environment = "") {
  const char* binary = std::getenv("MASSFACE_BINARY");
  if (binary == nullptr) {
    ADD_FAILURE() << "MASSFACE_BINARY is not set; run this through ctest";
    return {};
  }
  char pattern[] = "/tmp/massface_program_XXXXXX";
  const std::filesystem::path folder = ::mkdtemp(pattern);
  const std::string command = environment + " " + binary + " " + arguments + " >" + (folder / "out").native() + " 2>" +
                              (folder / "err").native();
  const int status = std::system(command.c_str());
  ProgramResult result{.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                       .standard_output = read_all(folder / "out"),
                       .standard_error = read_all(folder / "err")};
  std::filesystem::remove_all(folder);
  return result;
}

// An empty folder that is removed again.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    char pattern[] = "/tmp/massface_test_XXXXXX";
    path_ = ::mkdtemp(pattern);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace massface
