#pragma once

// Shared by this module's tests: reports with round numbers, a temporary folder, a reader of event files.

#include <unistd.h>

#include <filesystem>
#include <map>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <vector>

#include "core/files.h"
#include "core/testing_folder.h"
#include "telemetry/step_report.h"
#include "telemetry/tfrecord.h"

namespace massface {

// 32 images per step in half a second: 64 images/s.
inline StepReport softmax_report(int64_t step, int64_t steps = 100) {
  return {.phase = "softmax",
          .step = step,
          .steps = steps,
          .global_step = step,
          .epoch = 0.25,
          .images = 32,
          .loss = 6.5,
          .learning_rate = 0.125,
          .gradient_norm = 2.5,
          .step_seconds = 0.5,
          .data_seconds = 0.25,
          .accuracy = 0.5};
}

inline StepReport triplet_report(int64_t step, double pool = 1.5, double positive = 0.75, double negative = 0.5) {
  StepReport report = softmax_report(step, 1000);
  report.phase = "triplet";
  report.accuracy.reset();
  report.triplet = TripletReport{.selected = 64,
                                 .active = 16,
                                 .violating_fraction = 0.125,
                                 .mean_d_positive = positive,
                                 .mean_d_negative = negative,
                                 .mean_d_pool = pool,
                                 .mining_milliseconds = 1.5};
  report.triplet->to_positive.add(0.75f, 64);
  report.triplet->to_negative.add(0.5f, 64);
  return report;
}

struct ReadEvent {
  int64_t step = 0;
  int session_status = 0;
  std::string version;
  std::map<std::string, float> scalars;
};

inline ReadEvent read_event(protozero::data_view payload) {
  ReadEvent event;
  for (protozero::pbf_reader message(payload); message.next();) {
    if (message.tag() == 2)
      event.step = message.get_int64();
    else if (message.tag() == 3)
      event.version = message.get_string();
    else if (message.tag() == 7) {
      protozero::pbf_reader log = message.get_message();
      if (log.next(1)) event.session_status = log.get_enum();
    } else if (message.tag() == 5) {
      for (protozero::pbf_reader summary = message.get_message(); summary.next(1);) {
        protozero::pbf_reader value = summary.get_message();
        std::string tag;
        if (value.next(1)) tag = value.get_string();
        if (value.next(2)) event.scalars[tag] = value.get_float();
      }
    } else {
      message.skip();
    }
  }
  return event;
}

// Returns the events of the only file in the folder. Throws unless every frame is complete and correct.
inline std::vector<ReadEvent> read_only_event_file(const std::filesystem::path& folder) {
  const auto file = std::filesystem::directory_iterator(folder)->path();
  if (std::distance(std::filesystem::directory_iterator(folder), {}) != 1) throw std::runtime_error("not one file");
  if (!file.filename().string().starts_with("events.out.tfevents."))
    throw std::runtime_error("TensorBoard looks past it");
  const std::string bytes = read_text_file(file);
  std::vector<ReadEvent> events;
  for (size_t at = 0; at < bytes.size();) {
    const auto length =
        static_cast<size_t>(static_cast<uint8_t>(bytes.at(at)));  // lengths in these tests are below 256
    const std::string payload = bytes.substr(at + 12, length);
    if (bytes.substr(at, length + 16) != tfrecord(payload)) throw std::runtime_error("a broken frame");
    events.push_back(read_event({payload.data(), payload.size()}));
    at += length + 16;
  }
  return events;
}

}  // namespace massface
