#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/stopwatch.h"

namespace massface {

enum class LayerPass { kForward, kBackward };

// The times of the layers of the fused pass, by their indices in the network. See Backbone::time_layers.
class LayerClock {
 public:
  struct Times {
    double forward_seconds = 0, backward_seconds = 0;
    int64_t forward_calls = 0, backward_calls = 0;
  };

  void add(int64_t layer, LayerPass pass, double seconds) {
    if (layer >= std::ssize(layers_)) layers_.resize(layer + 1);
    Times& times = layers_[layer];
    (pass == LayerPass::kForward ? times.forward_seconds : times.backward_seconds) += seconds;
    ++(pass == LayerPass::kForward ? times.forward_calls : times.backward_calls);
  }
  void clear() { layers_.clear(); }
  const std::vector<Times>& layers() const { return layers_; }

 private:
  std::vector<Times> layers_;
};

// Adds the time from its construction to the end of its scope to this layer. Does nothing if the clock is null.
class LayerTimer {
 public:
  LayerTimer(LayerClock* clock, int64_t layer, LayerPass pass) : clock_(clock), layer_(layer), pass_(pass) {
    if (clock_ != nullptr) watch_.emplace();
  }
  ~LayerTimer() {
    if (clock_ != nullptr) clock_->add(layer_, pass_, watch_->seconds());
  }
  LayerTimer(const LayerTimer&) = delete;
  LayerTimer& operator=(const LayerTimer&) = delete;

 private:
  LayerClock* clock_;
  int64_t layer_;
  LayerPass pass_;
  std::optional<Stopwatch> watch_;
};

}  // namespace massface
