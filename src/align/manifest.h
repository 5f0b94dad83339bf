#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "align/align_photograph.h"
#include "align/manifest_name.h"
#include "core/files.h"

namespace massface {

// DST/manifest.jsonl (docs/formats/manifest.md): a first line that says what was asked for, then a line for each
// photograph that has been decided. The state of the work: what has a line is not done again.
class AlignmentManifest {
 public:
  // Reads what is there; a half line at the end, of a process that was killed, is dropped. Throws Error where the
  // manifest was made by other options, or is none.
  AlignmentManifest(const std::filesystem::path& folder, const std::string& fingerprint);

  bool has(const std::string& source) const { return done_.contains(source); }
  const std::map<std::string, nlohmann::ordered_json>& lines() const { return done_; }

  // Appends; on the disk when it returns. Throws Failure.
  void add(nlohmann::ordered_json line);

  // The same file with its lines in the order of their sources, whatever order the threads finished in.
  void sort();

 private:
  std::string text() const;

  std::filesystem::path file_;
  std::optional<LineFile> appended_;  // file_, open since the first line that was added
  nlohmann::ordered_json header_;
  std::map<std::string, nlohmann::ordered_json> done_;  // by source
};

// "decision" of a line.
namespace decision {
constexpr const char* kAligned = "aligned";
constexpr const char* kNoFace = "no_face";
constexpr const char* kTooSmall = "too_small";
constexpr const char* kTruncated = "truncated";
constexpr const char* kBadImage = "bad_image";
constexpr const char* kNoLandmarks = "no_landmarks";
constexpr const char* kBadLandmarks = "bad_landmarks";
}  // namespace decision

}  // namespace massface
