#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/files.h"
#include "telemetry/step_report.h"

namespace massface {

// A curve's name in TensorBoard, "softmax/loss", and its value.
using Scalar = std::pair<std::string, double>;

// A histogram's name, "triplet/negative_squared_l2".
using Histogram = std::pair<std::string, DistanceHistogram>;

// FOLDER/events.out.tfevents.SECONDS.HOST.PID.N: TFRecords, each a TensorFlow Event message
// (https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto).
class EventFile {
 public:
  // Creates the folder. If it holds older files, TensorBoard is instructed to drop their records of steps after
  // last_global_step. Throws Error or Failure.
  EventFile(const std::filesystem::path& folder, int64_t last_global_step);

  void append(int64_t global_step, const std::vector<Scalar>& scalars);
  void append(int64_t global_step, const std::vector<Histogram>& histograms);

 private:
  EventFile(const std::filesystem::path& folder, int64_t last_global_step, bool purge);

  AppendFile file_;
};

std::vector<Scalar> scalars_of(const StepReport& report);
std::vector<Histogram> histograms_of(const StepReport& report);  // empty unless of a triplet step

// Return the serialised messages. wall_seconds: seconds since 1970.
std::string version_event(double wall_seconds);
std::string session_start_event(double wall_seconds, int64_t first_step);
std::string scalar_event(double wall_seconds, int64_t step, const std::vector<Scalar>& scalars);
std::string histogram_event(double wall_seconds, int64_t step, const std::vector<Histogram>& histograms);

}  // namespace massface
