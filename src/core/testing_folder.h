#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace massface {

// For tests: a folder of the test's own, removed at its end.
class TestingFolder : public testing::Test {
 protected:
  TestingFolder() {
    std::string pattern = (std::filesystem::path(testing::TempDir()) / "massface_XXXXXX").native();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  ~TestingFolder() override { std::filesystem::remove_all(folder_); }

  // Writes a file and the folders above it. Returns its path.
  std::string write(const std::string& path, std::string_view content = "") {
    const std::filesystem::path whole = folder_ / path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole, std::ios::binary) << content;
    return whole.native();
  }
  std::string path(const std::string& path) const { return (folder_ / path).native(); }

  std::filesystem::path folder_;
};

// The message of the exception that `call` throws, "" where it throws none.
template <typename Exception, typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Exception& exception) {
    return exception.what();
  }
  return "";
}

}  // namespace massface
