#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/log.h"
#include "kernels/device_graph.h"

namespace massface {

// Runs steps of one kind and shape by replaying a recording of one of them, and all other steps directly. Outcome: the
// result of a step, which consists of tensors on the device and functions that read them.
//
// The first steps of a kind run directly, since libraries initialise themselves in them. Then one step is recorded over
// buffers of its own, into which the inputs of each later step are copied. Only one recording is kept: that of the
// newest kind that lasted long enough to be recorded.
template <class Outcome>
class StepGraph {
 public:
  using Work = std::function<Outcome(const std::vector<Tensor>& inputs)>;

  // enabled: if false, every step runs directly.
  StepGraph(at::Device device, bool enabled) : device_(device), enabled_(enabled) {}

  // Runs one step. kind: steps of equal kind and input sizes differ only in the values of their inputs; nullopt: this
  // step is never recorded. work: kept by a recording, so it must hold by value what it needs besides its inputs, and
  // what it refers to must outlive this object. If a GPU cannot record it, a warning gives the reason, and all steps
  // run directly.
  Outcome run(std::optional<int64_t> kind, const std::vector<Tensor>& inputs, const Work& work) {
    if (!enabled_ || !kind) return work(inputs);
    if (!is_recorded({*kind, sizes_of(inputs)}) && !record(*kind, inputs, work)) return work(inputs);
    for (size_t i = 0; i < inputs.size(); ++i) buffers_[i].copy_(inputs[i], /*non_blocking=*/true);
    graph_->replay();
    return *outcome_;
  }

  bool has_recording() const { return graph_ != nullptr; }

 private:
  static constexpr int64_t kStepsBefore = 3;

  using Sizes = std::vector<std::vector<int64_t>>;
  using Kind = std::pair<int64_t, Sizes>;

  static Sizes sizes_of(const std::vector<Tensor>& inputs) {
    Sizes sizes;
    for (const Tensor& input : inputs) sizes.push_back(input.sizes().vec());
    return sizes;
  }

  bool is_recorded(const Kind& kind) const { return graph_ != nullptr && recorded_ == kind; }

  // Returns false if the step was not recorded.
  bool record(int64_t number, const std::vector<Tensor>& inputs, const Work& work) {
    const Kind kind{number, sizes_of(inputs)};
    if (candidate_ != kind) steps_of_candidate_ = 0;
    candidate_ = kind;
    if (++steps_of_candidate_ <= kStepsBefore) return false;
    graph_.reset();  // frees its memory before the new one takes as much
    outcome_.reset();
    buffers_.clear();
    for (const Tensor& input : inputs) buffers_.push_back(input.clone());
    auto graph = make_device_graph(device_);
    try {
      graph->capture([this, work] { outcome_ = work(buffers_); });
    } catch (const std::exception& error) {
      log_warning("the step could not be recorded as a CUDA graph and runs without one: {}", error.what());
      enabled_ = false;
      return false;
    }
    graph_ = std::move(graph);
    recorded_ = kind;
    return true;
  }

  at::Device device_;
  bool enabled_;
  Kind candidate_;
  int64_t steps_of_candidate_ = 0;
  std::unique_ptr<DeviceGraph> graph_;
  Kind recorded_;
  std::vector<Tensor> buffers_;
  std::optional<Outcome> outcome_;
};

}  // namespace massface
