#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace massface {

// For tests: records every call of fsync() and rename() of the process, in order, while it exists. A test program
// defines both functions itself (testing_flushes.cpp), so a call that is dropped from the code is missing here.
// At most one recorder exists at a time.
class FlushRecorder {
 public:
  FlushRecorder();
  ~FlushRecorder();
  FlushRecorder(const FlushRecorder&) = delete;
  FlushRecorder& operator=(const FlushRecorder&) = delete;

  // "flush PATH" for a file or folder, "rename FROM TO"; only successful calls. PATH is the name at the time of the
  // call.
  std::vector<std::string> calls() const;

  // Asserts that `final_path`, a file or a folder, got its name by a rename after it and everything in it had been
  // flushed, and that the folder above was flushed afterwards.
  void expect_flushed_before_its_name(const std::filesystem::path& final_path) const;
};

}  // namespace massface
