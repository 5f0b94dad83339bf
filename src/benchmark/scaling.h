#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "backbone/backbone.h"
#include "benchmark/scaling_model.h"
#include "core/options.h"
#include "distributed/processes.h"

namespace massface {

struct ScalingOptions {
  std::string backbone = BackboneOptions().name;
  std::string batch_norm = "batch";
  std::string precision = "fp32";
  int64_t identities = 16;  // of the global batch
  int64_t images_per_identity = 4;
  double seconds = 10;  // duration of each measurement

  void describe(OptionTable& table);
};

// A step of one training in several processes, as its first process sees it.
struct ScalingBenchmark {
  int64_t processes = 1;
  int64_t threads = 1;      // of each
  int64_t images = 0;       // of a step, in all processes
  double milliseconds = 0;  // the median
  int64_t repeats = 0;
  double images_per_second = 0;
  // Of a step: the time in which the process waited for messages instead of computing; how many messages it sent, and
  // their bytes: those of its tensors, those that it has written to the network, and the least that any algorithm sends
  // that sums the gradients, gathers the embeddings and sums their gradients ("Bandwidth optimal all-reduce
  // algorithms", Patarasuk and Yuan, J. Parallel Distrib. Comput. 69, 2009: 2 (N - 1) / N of the gradients).
  double waited_milliseconds = 0;
  double messages = 0, tensor_bytes = 0, sent_bytes = 0, least_bytes = 0;
  // For several processes: the network as it was measured right after, the step of the same share with no message, and
  // what the model (benchmark/scaling_model.h) makes of the two.
  Link link;
  StepTimeline alone;
  double forecast_milliseconds = 0;
};

// Measures the timeline of a step on this machine, without other processes, and stretches it to step_seconds: what a
// faster device would do, if its layers took the same parts of the time.
StepTimeline timeline_of(const ScalingOptions& options, double step_seconds);

// Trains on noise with batch-hardest triplets in the processes that call this together.
ScalingBenchmark benchmark_scaling(const ScalingOptions& options, const std::shared_ptr<Processes>& processes);

}  // namespace massface
