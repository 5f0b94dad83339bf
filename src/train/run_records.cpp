#include "train/run_records.h"

#include <fstream>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"

namespace massface {
namespace {

// A line of RUN/bad_images.txt.
std::string bad_image_line(const std::string& name, const std::string& reason) {
  return printable(name) + ": " + reason;
}

// Returns the images that the list names: a resumed run will meet them again.
std::set<ImageIndex> read_bad_images(const std::filesystem::path& list, const Dataset& dataset) {
  std::set<std::string> lines;
  std::ifstream stream(list);
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

}  // namespace

RunRecords::RunRecords(const RunDirectory& run, const TelemetryOptions& options,
                       std::shared_ptr<const Dataset> training, int64_t global_step, bool resume)
    : bad_image_list_(run.bad_images()),
      training_(std::move(training)),
      bad_images_(resume ? read_bad_images(bad_image_list_, *training_) : std::set<ImageIndex>()),
      telemetry_(run.path, options, global_step) {}

template <typename Write>
void RunRecords::write(const Write& write) {
  try {
    write();
  } catch (const Failure& failure) {
    if (!std::exchange(failed_, true)) log_warning("{}; the training goes on without these records", failure.what());
  }
}

void RunRecords::add_step(const StepReport& report) {
  write([&] { telemetry_.record(report); });
}

void RunRecords::add_scalar(const std::string& kind, const std::string& name, int64_t global_step, double value) {
  write([&] { telemetry_.record_scalar(kind, name, global_step, value); });
}

void RunRecords::list_bad_images(const std::vector<UnreadableImage>& images) {
  for (const UnreadableImage& bad : images) {
    bad_images_.insert(bad.image);
    const std::string line = bad_image_line(bad.name, bad.reason);
    log_warning("{}; the training goes on without this image", line);
    write([&] { LineFile(bad_image_list_).append(line); });
  }
}

void RunRecords::finish() { telemetry_.finish(); }

}  // namespace massface
