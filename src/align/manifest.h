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

// DST/manifest.jsonl (docs/formats/manifest.md): a first line with the options, then one line for each photograph that
// has been decided. This is the state of the work: what has a line is not done again.
class AlignmentManifest {
 public:
  // Reads an existing manifest. An incomplete last line, left by a process that was killed, is dropped. Throws Error if
  // the manifest was made with other options, or is not a manifest.
  AlignmentManifest(const std::filesystem::path& folder, const std::string& fingerprint);

  bool has(const std::string& source) const { return done_.contains(source); }
  const std::map<std::string, nlohmann::ordered_json>& lines() const { return done_; }

  // Appends a line; it is in the file when this returns. Throws Failure.
  void add(nlohmann::ordered_json line);

  // Rewrites the file with its lines in the order of their sources, regardless of the order in which threads finished.
  void sort();

 private:
  std::string text() const;

  std::filesystem::path file_;
  std::optional<LineFile> appended_;  // file_, open since the first line that was added
  nlohmann::ordered_json header_;
  std::map<std::string, nlohmann::ordered_json> done_;  // by source
};

// The values of "decision" in a line.
namespace decision {
constexpr const char* kAligned = "aligned";
constexpr const char* kNoFace = "no_face";
constexpr const char* kTooSmall = "too_small";
constexpr const char* kTruncated = "truncated";
constexpr const char* kBadImage = "bad_image";
constexpr const char* kTooLarge = "too_large";
constexpr const char* kNoLandmarks = "no_landmarks";
constexpr const char* kBadLandmarks = "bad_landmarks";
}  // namespace decision

}  // namespace massface
