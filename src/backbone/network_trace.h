#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace massface {

class BatchNorm;
class ConvUnit;

// One operation of a network's pass in evaluation mode.
struct NetworkOperation {
  enum class Kind {
    kUnit,         // a ConvUnit, with its BatchNorm and activation
    kNorm,         // a BatchNorm that stands alone
    kSum,          // inputs[0] + scale * inputs[1]
    kRelu,         //
    kConcatenate,  // by channels
    kMaxPool,      // 3x3, stride 2, without padding
    kAverage,      // of all pixels: [B, C, 1, 1]
  };
  static constexpr int64_t kImages = -1;  // as an input: the network's images

  Kind kind;
  std::vector<int64_t> inputs;      // indices of earlier operations, whose results this one reads
  const ConvUnit* unit = nullptr;   // kUnit
  const BatchNorm* norm = nullptr;  // kNorm
  double scale = 1;                 // kSum
};

// A network's pass as data, for those who have it computed by others (src/export). The last result is the embedding,
// [B, D, 1, 1].
using NetworkTrace = std::vector<NetworkOperation>;

// Stands for a tensor in a pass that is recorded instead of computed. A network writes its pass once, as a template
// over Tensor and TracedValue, so that what is recorded cannot differ from what is computed.
class TracedValue {
 public:
  TracedValue(NetworkTrace& trace, int64_t index) : trace_(&trace), index_(index) {}

  // Appends an operation, which reads this value first and then `others`, and returns its result. Its `inputs` are set
  // here.
  TracedValue then(NetworkOperation operation, const std::vector<TracedValue>& others = {}) const {
    operation.inputs = {index_};
    for (const TracedValue& other : others) operation.inputs.push_back(other.index_);
    trace_->push_back(std::move(operation));
    return {*trace_, static_cast<int64_t>(trace_->size()) - 1};
  }

 private:
  NetworkTrace* trace_;
  int64_t index_;
};

// What networks compute between their units, for both kinds of a pass. "In place": a tensor's memory is reused.

// Returns x + scale * y.
inline Tensor sum_of(const Tensor& x, const Tensor& y, double scale) { return at::add(x, y, scale); }
inline TracedValue sum_of(const TracedValue& x, const TracedValue& y, double scale) {
  return x.then({.kind = NetworkOperation::Kind::kSum, .scale = scale}, {y});
}

// Returns y + x, in y's place.
inline Tensor sum_in_place(const Tensor& y, const Tensor& x) { return y.add_(x); }
inline TracedValue sum_in_place(const TracedValue& y, const TracedValue& x) { return sum_of(y, x, 1); }

inline Tensor relu_in_place(const Tensor& x) { return x.relu_(); }
inline TracedValue relu_in_place(const TracedValue& x) { return x.then({.kind = NetworkOperation::Kind::kRelu}); }

inline Tensor concatenated(const std::vector<Tensor>& parts) { return at::cat(parts, 1); }
inline TracedValue concatenated(const std::vector<TracedValue>& parts) {
  return parts.front().then({.kind = NetworkOperation::Kind::kConcatenate}, {parts.begin() + 1, parts.end()});
}

// The maxima of 3x3 pixels, with stride 2 and without padding.
inline Tensor max_pooled(const Tensor& x) { return at::max_pool2d(x, /*kernel_size=*/3, /*stride=*/2); }
inline TracedValue max_pooled(const TracedValue& x) { return x.then({.kind = NetworkOperation::Kind::kMaxPool}); }

// The average of all pixels: [B, C, 1, 1].
inline Tensor averaged(const Tensor& x) { return x.mean(at::IntArrayRef({2, 3}), /*keepdim=*/true); }
inline TracedValue averaged(const TracedValue& x) { return x.then({.kind = NetworkOperation::Kind::kAverage}); }

}  // namespace massface
