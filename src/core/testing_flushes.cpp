#include "core/testing_flushes.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <mutex>

namespace massface {
namespace {

namespace fs = std::filesystem;

std::mutex recording_mutex;  // guards the variables below
bool is_recording = false;
std::vector<std::string> recorded_calls;

void record(const std::string& call) {
  const std::lock_guard lock(recording_mutex);
  if (is_recording) recorded_calls.push_back(call);
}

std::string path_of(int descriptor) {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/fd/" + std::to_string(descriptor), ignored).native();
}

}  // namespace

// These take the place of the C library's functions in the whole test program.
extern "C" int fsync(int descriptor) {
  const std::string path = path_of(descriptor);
  const auto result = static_cast<int>(::syscall(SYS_fsync, descriptor));
  if (result == 0) record("flush " + path);
  return result;
}

extern "C" int rename(const char* from, const char* to) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_rename, from, to));
  if (result == 0) record(std::string("rename ") + from + " " + to);
  return result;
}

FlushRecorder::FlushRecorder() {
  const std::lock_guard lock(recording_mutex);
  is_recording = true;
  recorded_calls.clear();
}

FlushRecorder::~FlushRecorder() {
  const std::lock_guard lock(recording_mutex);
  is_recording = false;
}

std::vector<std::string> FlushRecorder::calls() const {
  const std::lock_guard lock(recording_mutex);
  return recorded_calls;
}

void FlushRecorder::expect_flushed_before_its_name(const fs::path& final_path) const {
  const std::vector<std::string> all = calls();
  const std::string partial = final_path.native() + ".partial";
  const auto named = std::ranges::find(all, "rename " + partial + " " + final_path.native());
  ASSERT_NE(named, all.end()) << final_path << " did not get its name by a rename";
  const auto expect_flushed = [&](const std::string& path) {
    EXPECT_NE(std::find(all.begin(), named, "flush " + path), named) << path << " was not flushed before the rename";
  };
  expect_flushed(partial);
  if (fs::is_directory(final_path)) {
    for (const auto& entry : fs::recursive_directory_iterator(final_path)) {
      expect_flushed(partial + entry.path().native().substr(final_path.native().size()));
    }
  }
  EXPECT_NE(std::find(named, all.end(), "flush " + final_path.parent_path().native()), all.end())
      << "the rename of " << final_path << " was not flushed";
}

}  // namespace massface
