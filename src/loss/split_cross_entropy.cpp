#include "loss/split_cross_entropy.h"

#include <limits>

namespace massface {
namespace {

// Returns `share`, whose gradient with respect to the logits is that of the mean over all images of log_sum - right.
class SplitCrossEntropy : public torch::autograd::Function<SplitCrossEntropy> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& logits, const ActiveRows& active,
                        const Tensor& log_sum, const Tensor& share) {
    context->save_for_backward({logits, active.column, active.is_here, log_sum});
    return share.clone();
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &logits = saved[0], &column = saved[1], &is_here = saved[2], &log_sum = saved[3];
    const double images = static_cast<double>(logits.size(0));
    Tensor gradient = (logits - log_sum).exp_();
    if (logits.size(1) > 0) gradient.scatter_add_(1, column, is_here.to(logits.scalar_type()).neg_());
    return {gradient.mul_(gradients[0] / images), Tensor(), Tensor(), Tensor()};
  }
};

// Returns the facts of its columns that a process tells the others: [B, 5] of largest logit, sum of exponentials
// relative to it, right logit or 0, largest logit without margin, 1 if that is the right one or 0.
Tensor own_facts(const ClassifierLogits& logits, const ActiveRows& active) {
  const Tensor &x = logits.with_margin, &plain = logits.plain;
  if (x.size(1) == 0) {
    const Tensor none = at::full({x.size(0)}, -std::numeric_limits<double>::infinity(), x.options());
    const Tensor zero = at::zeros_like(none);
    return at::stack({none, zero, zero, none, zero}, 1);
  }
  const Tensor largest = x.amax(1);
  const auto [best, best_column] = plain.max(1);
  const Tensor is_here = active.is_here.squeeze(1), column = active.column.squeeze(1);
  const Tensor right = at::where(is_here, x.gather(1, active.column).squeeze(1), 0.0);
  const Tensor is_right = at::logical_and(is_here, best_column == column);
  return at::stack({largest, (x - largest.unsqueeze(1)).exp_().sum(1), right, best, is_right.to(x.scalar_type())}, 1);
}

}  // namespace

LossOutput split_cross_entropy(const ClassifierLogits& logits, const ActiveRows& active, Processes& processes) {
  Tensor log_sum, loss, accuracy;
  {
    const torch::NoGradGuard no_grad;
    const int64_t images = logits.plain.size(0);
    const Tensor all = processes.gather(own_facts(logits, active)).view({processes.size(), images, 5});
    const auto fact = [&](int64_t i) { return all.select(2, i); };  // [processes, B]
    const Tensor largest = fact(0).amax(0);
    log_sum = largest + (fact(1) * (fact(0) - largest).exp()).sum(0).log();
    const Tensor losses = log_sum - fact(2).sum(0);
    const Tensor is_right = fact(4).gather(0, fact(3).argmax(0, /*keepdim=*/true)).squeeze(0);
    const Share share = share_of(images, processes);
    loss = losses.slice(0, share.begin, share.end).sum() / images;
    accuracy = (is_right.slice(0, share.begin, share.end).sum() / images).to(at::kFloat);
  }
  return {.loss = SplitCrossEntropy::apply(logits.with_margin, active, log_sum.unsqueeze(1), loss),
          .accuracy = accuracy};
}

}  // namespace massface
