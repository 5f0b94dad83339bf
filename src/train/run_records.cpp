#include "train/run_records.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "telemetry/read_metrics.h"

namespace massface {
namespace {

// A line of RUN/bad_images.txt.
std::string bad_image_line(const std::string& name, const std::string& reason) {
  return printable(name) + ": " + reason;
}

}  // namespace

std::set<ImageIndex> read_bad_images(const RunDirectory& run, const Dataset& dataset) {
  std::set<std::string> lines;
  std::ifstream stream(run.bad_images());
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  std::set<ImageIndex> images;
  if (lines.empty()) return images;
  for (ImageIndex image = 0; image < dataset.size(); ++image) {
    const std::string start = bad_image_line(dataset.image_name(image), "");
    const auto line = lines.lower_bound(start);
    if (line != lines.end() && line->starts_with(start)) images.insert(image);
  }
  return images;
}

std::set<std::string> recorded_verifications(const RunDirectory& run, int64_t global_step) {
  std::set<std::string> names;
  if (!is_file(run.metrics())) return names;
  try {
    for (const auto& [name, points] : read_metrics(run.metrics()).values) {
      if (name.first != kVerificationKind) continue;
      if (std::ranges::find(points, global_step, &MetricsPoint::global_step) != points.end()) names.insert(name.second);
    }
  } catch (const Error& unreadable) {
    log_warning("{}; what was verified at step {} is not known, and is measured again", unreadable.what(), global_step);
  }
  return names;
}

RunRecords::RunRecords(const LockedRun& run, const TelemetryOptions& options, std::shared_ptr<const Dataset> training,
                       int64_t global_step, std::set<ImageIndex> bad_images)
    : writes_(run.writes()),
      bad_image_list_(run.bad_images()),
      training_(std::move(training)),
      bad_images_(std::move(bad_images)) {
  if (writes_) telemetry_.emplace(run.path, options, global_step);
}

template <typename Write>
void RunRecords::write(const Write& write) {
  if (!writes_) return;
  try {
    write();
  } catch (const Failure& failure) {
    if (!std::exchange(failed_, true)) log_warning("{}; the training goes on without these records", failure.what());
  }
}

void RunRecords::add_step(const StepReport& report) {
  write([&] { telemetry_->record(report); });
}

void RunRecords::add_scalar(const std::string& kind, const std::string& name, int64_t global_step, double value) {
  write([&] { telemetry_->record_scalar(kind, name, global_step, value); });
}

void RunRecords::list_bad_images(const std::vector<UnreadableImage>& images) {
  for (const UnreadableImage& bad : images) {
    bad_images_.insert(bad.image);
    const std::string line = bad_image_line(bad.name, bad.reason);
    log_warning("{}; the training goes on without this image", line);
    write([&] { LineFile(bad_image_list_).append(line); });
  }
}

void RunRecords::finish() {
  if (telemetry_) telemetry_->finish();
}

}  // namespace massface
