#include "benchmark/scaling_model.h"

#include <algorithm>

namespace massface {

double seconds_of(const Link& link, const RingCost& cost) {
  return cost.messages * link.message_seconds + cost.bytes / link.bytes_per_second;
}

ScalingForecast forecast_step(const StepTimeline& timeline, const Link& link, int64_t processes, double bucket_bytes) {
  ScalingForecast forecast{.seconds = timeline.seconds};
  if (processes == 1) return forecast;
  const auto all = static_cast<double>(processes);
  const auto gather = [&](double own_bytes) { return seconds_of(link, ring_gather(processes, own_bytes)); };
  const auto sum = [&](double bytes) { return seconds_of(link, ring_sum(processes, bytes)); };
  const double embeddings = gather(timeline.embedding_bytes) + sum(all * timeline.embedding_bytes);
  constexpr double kCountBytes = 712;  // of the triplets
  const double small = sum(kCountBytes);
  // Half of the messages of synchronised layers precede the backward pass, half belong to it.
  const double of_layers =
      static_cast<double>(timeline.layers_in_common) * (gather(timeline.bytes_of_layer) + sum(timeline.bytes_of_layer));
  double sent_until = 0, bucket = 0, travelling = 0;
  for (size_t i = 0; i < timeline.gradients.size(); ++i) {
    const StepTimeline::Ready& ready = timeline.gradients[i];
    bucket += ready.bytes;
    if (bucket < bucket_bytes && i + 1 < timeline.gradients.size()) continue;
    const double seconds = sum(bucket);
    sent_until = std::max(sent_until, ready.seconds) + seconds;
    travelling += seconds;
    bucket = 0;
  }
  const double after = std::max(0.0, sent_until - timeline.backward_end);
  forecast.exposed_seconds = embeddings + small + of_layers + after;
  forecast.hidden_seconds = travelling - after;
  forecast.seconds += forecast.exposed_seconds;
  return forecast;
}

}  // namespace massface
