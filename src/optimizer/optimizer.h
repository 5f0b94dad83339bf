#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/options.h"
#include "core/tensor.h"
#include "distributed/processes.h"
#include "tensor_file/safetensors.h"

namespace massface {

struct OptimizerOptions {
  std::string name = "sgd";
  double learning_rate = 0.1;
  double momentum = 0.9;
  bool nesterov = false;
  double weight_decay = 5e-4;
  double embedding_weight_decay = kSameDecay;
  double classifier_weight_decay = kSameDecay;
  bool decay_norm_and_bias = false;
  double max_gradient_norm = 0;

  // In the place of a weight decay: that of the other weights.
  static constexpr double kSameDecay = -1;

  void describe(OptionTable& table);
  // Throws Error for options that contradict each other.
  void check() const;
};

// How many numbers the optimizer keeps for each number of a parameter, such as its momentum.
int64_t optimizer_slots(const OptimizerOptions& options);

// Updates parameters from their gradients:
//   sgd      v = momentum v + g;  w -= rate v                             (heavy ball, as in PyTorch)
//            w -= rate (g + momentum v) with nesterov                     (Sutskever et al., ICML 2013, as in PyTorch)
//   adagrad  s += g^2;  w -= rate g / (sqrt(s) + 1e-10)                   (Duchi et al., JMLR 12, 2011)
//   adam     m, v: moments with momentum and 0.999;  w -= rate m^ / (sqrt(v^) + 1e-8)   (arXiv:1412.6980)
// where g includes the weight decay of the parameter's role times w, except for parameters of one dimension (BatchNorm,
// PReLU, biases) unless decay_norm_and_bias is set. All of its state can be saved to and restored from tensors: a
// resumed run is bit-exact.
class Optimizer {
 public:
  using NamedParameters = std::vector<std::pair<std::string, Tensor>>;

  // Parameters by their role, which determines their weight decay. All but the classifier's are the same in all
  // processes; of that, each process has rows of its own, whose gradients count in the norm of every process.
  struct Parameters {
    NamedParameters body;
    NamedParameters embedding_layers = {};  // those of the network behind its global pooling
    NamedParameters classifier = {};
  };

  // Parameters that do not require a gradient are left out. Names must be unique. The tensors are shared, not copied,
  // and must already be on their device.
  Optimizer(const OptimizerOptions& options, const Parameters& parameters,
            std::shared_ptr<Processes> processes = single_process());
  Optimizer(const OptimizerOptions& options, const NamedParameters& body)
      : Optimizer(options, Parameters{.body = body}) {}

  // Updates all parameters. A parameter without a gradient is left unchanged, as are its momentum and its count of
  // steps, and does not decay. So are the rows that a sparse gradient lacks, apart from the count.
  void step(double learning_rate);
  // The same, with numbers that may be on a GPU; the host does not wait for them. learning_rate: a scalar on the device
  // of the parameters, float32 on a GPU and float64 on the CPU. skip: a float32 scalar on the same device; 1 leaves
  // everything unchanged, including the counts of steps, 0 updates.
  void step(const Tensor& learning_rate, const Tensor& skip);
  void zero_grad();

  // Returns the L2 norm of all gradients together before clipping, as a float64 scalar on their device. If
  // max_gradient_norm is above 0, gradients of a larger norm are scaled down to it; gradients whose norm is not finite
  // are left unchanged. The host does not wait for a GPU. Called by all processes.
  Tensor clip_gradients();

  // Returns tensors "momentum.NAME" and the like, on the CPU, and metadata: "optimizer", "optimizer_steps", and
  // "optimizer_steps.NAME" for a parameter that has been updated less often.
  NamedTensors state() const;
  // source: the origin of the state, for messages. Throws Error if it is the state of another optimizer, or if a tensor
  // is missing or of another shape. Tensors and metadata that are not part of the state are ignored.
  void load_state(const NamedTensors& state, const std::string& source);

 private:
  // Parameters with the same weight decay, which one fused operation updates.
  struct Group {
    double weight_decay;
    std::vector<std::string> names;
    std::vector<Tensor> parameters;
    std::vector<std::vector<Tensor>> slots;  // [slot][parameter], shaped like the parameters
    Tensor steps;                            // float32 [parameter]: updates of each, on the same device
    std::vector<Tensor> step_of;             // the elements of steps
  };

  void add(const NamedParameters& parameters, double weight_decay);
  Group& group_of(double weight_decay);
  void move(const Group& group, std::vector<Tensor> gradients, const Tensor& learning_rate, const Tensor& skip);

  OptimizerOptions options_;
  std::shared_ptr<Processes> processes_;
  NamedParameters shared_, divided_;  // the same in all processes; rows of this one
  at::TensorOptions scalar_;          // float32, on the device of the parameters
  // Counts are on the device of the parameters, since only the device may know whether a step was skipped. Exact up to
  // 2^24.
  Tensor steps_;
  std::vector<Group> groups_;
};

}  // namespace massface
