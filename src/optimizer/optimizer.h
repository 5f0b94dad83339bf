#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/options.h"
#include "core/tensor.h"
#include "tensor_file/safetensors.h"

namespace massface {

struct OptimizerOptions {
  std::string name = "sgd";
  double learning_rate = 0.1;
  double momentum = 0.9;
  double weight_decay = 5e-4;
  bool decay_norm_and_bias = false;
  double max_gradient_norm = 0;

  void describe(OptionTable& table);
};

// Moves parameters against their gradients:
//   sgd      v = momentum v + g;  w -= rate v                             (heavy ball, as PyTorch has it)
//   adagrad  s += g^2;  w -= rate g / (sqrt(s) + 1e-10)                   (Duchi et al., JMLR 12, 2011)
//   adam     m, v: moments with momentum and 0.999;  w -= rate m^ / (sqrt(v^) + 1e-8)   (arXiv:1412.6980)
// where g includes weight_decay * w, except for parameters of one dimension (BatchNorm, PReLU, biases) unless
// decay_norm_and_bias. All of its state goes to and comes from tensors: a run that resumes is bit-exact.
class Optimizer {
 public:
  using NamedParameters = std::vector<std::pair<std::string, Tensor>>;

  // Parameters that do not require a gradient are left out. Names are unique. The tensors are shared, not copied, and
  // must be on their device already.
  Optimizer(const OptimizerOptions& options, const NamedParameters& parameters);

  // A parameter without a gradient is left as it is, its momentum and its count of steps too, and does not decay.
  void step(double learning_rate);
  // The same by numbers that may lie on a GPU, for which the host does not wait. learning_rate: a scalar beside the
  // parameters, float32 on a GPU and float64 on the CPU. skip: float32 scalar beside them; 1 leaves everything as it
  // is, counts of steps too, 0 moves.
  void step(const Tensor& learning_rate, const Tensor& skip);
  void zero_grad();

  // The L2 norm of all gradients together, before clipping, a float64 scalar beside them. With max_gradient_norm above
  // 0, gradients of a larger norm are scaled down to it; those of a norm that is not finite are left as they are. The
  // host does not wait for a GPU.
  Tensor clip_gradients();

  // "momentum.NAME" and the like, on the CPU, and metadata "optimizer", "optimizer_steps", and "optimizer_steps.NAME"
  // for a parameter that has been moved less often.
  NamedTensors state() const;
  // source: what messages name as the origin. Throws Error: another optimizer's state, a tensor that is missing or of
  // another shape. Other tensors and metadata beside the state are ignored.
  void load_state(const NamedTensors& state, const std::string& source);

 private:
  // Parameters of one weight decay, which one fused operation updates.
  struct Group {
    double weight_decay;
    std::vector<std::string> names;
    std::vector<Tensor> parameters;
    std::vector<std::vector<Tensor>> slots;  // [slot][parameter], shaped as the parameters
    Tensor steps;                            // float32 [parameter]: times that each was moved, beside them
    std::vector<Tensor> step_of;             // its elements
  };

  void move(const Group& group, const Tensor& learning_rate, const Tensor& skip);

  OptimizerOptions options_;
  at::TensorOptions scalar_;  // float32 beside the parameters
  // Counts lie beside the parameters, since it may be known only there whether a step was skipped. Exact to 2^24.
  Tensor steps_;
  std::vector<Group> groups_;
};

}  // namespace massface
