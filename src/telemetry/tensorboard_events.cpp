#include "telemetry/tensorboard_events.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <protozero/pbf_writer.hpp>

#include "telemetry/tfrecord.h"

namespace massface {
namespace {

// Field numbers of event.proto and summary.proto.
namespace event {
enum : uint32_t { wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7 };
}
namespace session_log {
enum : uint32_t { status = 1 };
constexpr int32_t kStart = 1;
}  // namespace session_log
namespace summary {
enum : uint32_t { value = 1 };
}
namespace summary_value {
enum : uint32_t { tag = 1, simple_value = 2, histogram = 5 };
}
namespace histogram_proto {
enum : uint32_t { min = 1, max = 2, number = 3, sum = 4, sum_of_squares = 5, upper_limits = 6, counts = 7 };
}

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// TensorBoard reads a folder's files in the order of their names: ten digits of seconds come first.
std::filesystem::path new_file_in(const std::filesystem::path& folder) {
  static std::atomic<int> files{0};
  char host[256] = "localhost";
  ::gethostname(host, sizeof(host) - 1);
  create_directories_or_fail(folder);
  return folder / fmt::format("events.out.tfevents.{:010}.{}.{}.{}", static_cast<int64_t>(now_seconds()), host,
                              ::getpid(), files++);
}

bool has_older_files(const std::filesystem::path& folder) {
  std::error_code missing;
  return std::filesystem::directory_iterator(folder, missing) != std::filesystem::directory_iterator();
}

// A distance counts as the middle of its bin.
void add_histogram(protozero::pbf_writer& proto, const DistanceHistogram& histogram) {
  std::vector<double> limits, counts;
  double number = 0, sum = 0, sum_of_squares = 0, least = 0, most = 0;
  for (size_t bin = 0; bin < histogram.counts.size(); ++bin) {
    const double low = 0.1 * static_cast<double>(bin), middle = low + 0.05;
    const auto count = static_cast<double>(histogram.counts[bin]);
    limits.push_back(low + 0.1);
    counts.push_back(count);
    if (count == 0) continue;
    if (number == 0) least = low;
    most = low + 0.1;
    number += count;
    sum += count * middle;
    sum_of_squares += count * middle * middle;
  }
  proto.add_double(histogram_proto::min, least);
  proto.add_double(histogram_proto::max, most);
  proto.add_double(histogram_proto::number, number);
  proto.add_double(histogram_proto::sum, sum);
  proto.add_double(histogram_proto::sum_of_squares, sum_of_squares);
  proto.add_packed_double(histogram_proto::upper_limits, limits.begin(), limits.end());
  proto.add_packed_double(histogram_proto::counts, counts.begin(), counts.end());
}

}  // namespace

std::string version_event(double wall_seconds) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_double(event::wall_time, wall_seconds);
  writer.add_string(event::file_version, "brain.Event:2");
  return message;
}

// Makes TensorBoard drop what it has read about steps from first_step on.
std::string session_start_event(double wall_seconds, int64_t first_step) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_double(event::wall_time, wall_seconds);
  writer.add_int64(event::step, first_step);
  protozero::pbf_writer log(writer, event::session_log);
  log.add_enum(session_log::status, session_log::kStart);
  return message;
}

std::string scalar_event(double wall_seconds, int64_t step, const std::vector<Scalar>& scalars) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_double(event::wall_time, wall_seconds);
  writer.add_int64(event::step, step);
  protozero::pbf_writer values(writer, event::summary);
  for (const auto& [tag, value] : scalars) {
    protozero::pbf_writer one(values, summary::value);
    one.add_string(summary_value::tag, tag);
    one.add_float(summary_value::simple_value, static_cast<float>(value));
  }
  return message;
}

std::string histogram_event(double wall_seconds, int64_t step, const std::vector<Histogram>& histograms) {
  std::string message;
  protozero::pbf_writer writer(message);
  writer.add_double(event::wall_time, wall_seconds);
  writer.add_int64(event::step, step);
  protozero::pbf_writer values(writer, event::summary);
  for (const auto& [tag, histogram] : histograms) {
    protozero::pbf_writer one(values, summary::value);
    one.add_string(summary_value::tag, tag);
    protozero::pbf_writer proto(one, summary_value::histogram);
    add_histogram(proto, histogram);
  }
  return message;
}

std::vector<Histogram> histograms_of(const StepReport& report) {
  if (!report.triplet) return {};
  return {{report.phase + "/positive_squared_l2", report.triplet->to_positive},
          {report.phase + "/negative_squared_l2", report.triplet->to_negative}};
}

std::vector<Scalar> scalars_of(const StepReport& report) {
  const std::string phase = report.phase + "/";
  std::vector<Scalar> scalars{{phase + "loss", report.loss},
                              {phase + "learning_rate", report.learning_rate},
                              {phase + "gradient_norm", report.gradient_norm},
                              {phase + "epoch", report.epoch},
                              {phase + "images_per_second", static_cast<double>(report.images) / report.step_seconds},
                              {phase + "data_seconds", report.data_seconds}};
  for (const auto& [name, value] : report.loss_parts) scalars.emplace_back(phase + name + "_loss", value);
  if (report.accuracy) scalars.emplace_back(phase + "accuracy", *report.accuracy);
  if (report.triplet) {
    scalars.emplace_back(phase + "active_fraction", report.triplet->active_fraction());
    // The fraction is not known if only a listed part of the pool's triplets is.
    if (std::isfinite(report.triplet->violating_fraction)) {
      scalars.emplace_back(phase + "violating_fraction", report.triplet->violating_fraction);
    }
    scalars.emplace_back(phase + "triplets_selected", static_cast<double>(report.triplet->selected));
    if (std::isfinite(report.triplet->mining_milliseconds)) {
      scalars.emplace_back(phase + "mining_milliseconds", report.triplet->mining_milliseconds);
    }
    scalars.emplace_back(phase + "positive_mean_squared_l2", report.triplet->mean_d_positive);
    scalars.emplace_back(phase + "negative_mean_squared_l2", report.triplet->mean_d_negative);
    scalars.emplace_back(phase + "pool_mean_squared_l2", report.triplet->mean_d_pool);
    if (report.triplet->memory && std::isfinite(report.triplet->memory->drift)) {
      scalars.emplace_back(phase + "memory_drift_squared_l2", report.triplet->memory->drift);
    }
  }
  if (report.pairs) {
    scalars.emplace_back(phase + "positive_mean_squared_l2", report.pairs->mean_d_positive);
    scalars.emplace_back(phase + "negative_mean_squared_l2", report.pairs->mean_d_negative);
  }
  return scalars;
}

EventFile::EventFile(const std::filesystem::path& folder, int64_t last_global_step)
    : EventFile(folder, last_global_step, has_older_files(folder)) {}

EventFile::EventFile(const std::filesystem::path& folder, int64_t last_global_step, bool purge)
    : file_(new_file_in(folder)) {
  file_.append(tfrecord(version_event(now_seconds())));
  if (purge) file_.append(tfrecord(session_start_event(now_seconds(), last_global_step + 1)));
}

void EventFile::append(int64_t global_step, const std::vector<Scalar>& scalars) {
  file_.append(tfrecord(scalar_event(now_seconds(), global_step, scalars)));
}

void EventFile::append(int64_t global_step, const std::vector<Histogram>& histograms) {
  if (!histograms.empty()) file_.append(tfrecord(histogram_event(now_seconds(), global_step, histograms)));
}

}  // namespace massface
