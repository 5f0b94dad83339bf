#pragma once

#include <cstdint>
#include <vector>

#include "distributed/ring.h"

namespace massface {

// A network between processes, each of which sends at this rate.
struct Link {
  double bytes_per_second = 0;
  double message_seconds = 0;  // of a message of a few bytes, from one process to the next, everything included
};

// A training step of one process without any other, as far as it matters for what travels.
struct StepTimeline {
  double seconds = 0;  // of the whole step
  // The gradients of a layer: when they are complete, counted from the start of the step, and their bytes; in order.
  struct Ready {
    double seconds;
    double bytes;
  };
  std::vector<Ready> gradients;
  double backward_end = 0;       // when the last of them is complete
  double embedding_bytes = 0;    // of the own images
  int64_t layers_in_common = 0;  // whose BatchNorm is synchronised: two messages each
  double bytes_of_layer = 0;     // that such a layer sends, on average
};

// Seconds of a collective (distributed/ring.h).
double seconds_of(const Link& link, const RingCost& cost);

// A step of `processes`, each of which computes as in the timeline.
struct ScalingForecast {
  double seconds = 0;          // of the step
  double exposed_seconds = 0;  // of that, communication that no computation hides
  double hidden_seconds = 0;   // communication during the backward pass
};

// Gradients travel in buckets of bucket_bytes, one after the other, once they are complete; everything else waits:
// labels, embeddings and their gradient, counts, the agreement on stopping, and synchronised moments.
ScalingForecast forecast_step(const StepTimeline& timeline, const Link& link, int64_t processes, double bucket_bytes);

}  // namespace massface
