#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dataset/unreadable_image.h"
#include "telemetry/telemetry.h"
#include "train/run_directory.h"

namespace massface {

// The kind of the records of [[verification]] sets (docs/formats/metrics.md).
inline constexpr const char* kVerificationKind = "verification";

// Returns the names of the figures of [[verification]] sets that the run recorded at this step.
std::set<std::string> recorded_verifications(const RunDirectory& run, int64_t global_step);

// Returns the training images that the run's bad_images.txt names: a resumed run will meet them again.
std::set<ImageIndex> read_bad_images(const RunDirectory& run, const Dataset& training);

// The records that a run writes while it trains: telemetry and RUN/bad_images.txt. A record that cannot be written (a
// full disk) is a warning, logged once; it never stops the training.
class RunRecords {
 public:
  // training: the images that bad_images() indexes. bad_images: those that are known already. Only in a process that
  // writes the run is anything recorded.
  RunRecords(const LockedRun& run, const TelemetryOptions& options, std::shared_ptr<const Dataset> training,
             int64_t global_step, std::set<ImageIndex> bad_images);

  void add_step(const StepReport& report);
  // kind: "validation" or "time", as docs/formats/metrics.md defines them.
  void add_scalar(const std::string& kind, const std::string& name, int64_t global_step, double value);
  // Logs and lists images that were not known to be bad.
  void list_bad_images(const std::vector<UnreadableImage>& images);
  void finish();

  // The training images that were found unreadable so far.
  const std::set<ImageIndex>& bad_images() const { return bad_images_; }

 private:
  template <typename Write>
  void write(const Write& write);

  bool writes_;
  std::filesystem::path bad_image_list_;
  std::shared_ptr<const Dataset> training_;
  std::set<ImageIndex> bad_images_;
  std::optional<Telemetry> telemetry_;  // empty in a process that does not write
  bool failed_ = false;
};

}  // namespace massface
