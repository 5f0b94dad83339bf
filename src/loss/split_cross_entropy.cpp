#include "loss/split_cross_entropy.h"

#include <limits>

namespace massface {
namespace {

// What is asked of the logits of an image with n identities: 1 - smoothing + smoothing / n of the right one and
// smoothing / n of each other.
struct Target {
  double of_right = 1, of_each = 0;
};

// Returns `share`, whose gradient with respect to the logits is that of the mean over all images of log_sum - t, where
// t is the mean of the logits weighted by the target.
class SplitCrossEntropy : public torch::autograd::Function<SplitCrossEntropy> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& logits, const ActiveRows& active,
                        const Target& target, const Tensor& log_sum, const Tensor& share) {
    context->save_for_backward({logits, active.column, active.is_here, log_sum});
    context->saved_data["of_right"] = target.of_right;
    context->saved_data["of_each"] = target.of_each;
    return share.clone();
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const Tensor &logits = saved[0], &column = saved[1], &is_here = saved[2], &log_sum = saved[3];
    const double images = static_cast<double>(logits.size(0));
    const double of_right = context->saved_data["of_right"].toDouble();
    const double of_each = context->saved_data["of_each"].toDouble();
    Tensor gradient = (logits - log_sum).exp_();
    if (of_each > 0) gradient.sub_(of_each);
    if (logits.size(1) > 0) gradient.scatter_add_(1, column, is_here.to(logits.scalar_type()).mul_(-of_right));
    return {gradient.mul_(gradients[0] / images), Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

// Returns the facts of its columns that a process tells the others: [B, 5] of largest logit, sum of exponentials
// relative to it, right logit or 0, largest logit without margin, 1 if that is the right one or 0; with_sums: [B, 7],
// also the sum of the logits and their number.
Tensor own_facts(const ClassifierLogits& logits, const ActiveRows& active, bool with_sums) {
  const Tensor &x = logits.with_margin, &plain = logits.plain;
  if (x.size(1) == 0) {
    const Tensor none = at::full({x.size(0)}, -std::numeric_limits<double>::infinity(), x.options());
    const Tensor zero = at::zeros_like(none);
    std::vector<Tensor> facts{none, zero, zero, none, zero};
    if (with_sums) facts.insert(facts.end(), {zero, zero});
    return at::stack(facts, 1);
  }
  const Tensor largest = x.amax(1);
  const auto [best, best_column] = plain.max(1);
  const Tensor is_here = active.is_here.squeeze(1), column = active.column.squeeze(1);
  const Tensor right = at::where(is_here, x.gather(1, active.column).squeeze(1), 0.0);
  const Tensor is_right = at::logical_and(is_here, best_column == column);
  std::vector<Tensor> facts{largest, (x - largest.unsqueeze(1)).exp_().sum(1), right, best,
                            is_right.to(x.scalar_type())};
  if (with_sums) facts.insert(facts.end(), {x.sum(1), at::full_like(largest, x.size(1))});
  return at::stack(facts, 1);
}

}  // namespace

LossOutput split_cross_entropy(const ClassifierLogits& logits, const ActiveRows& active, double label_smoothing,
                               Processes& processes) {
  Tensor log_sum, loss, accuracy;
  Target target;
  {
    const torch::NoGradGuard no_grad;
    const int64_t images = logits.plain.size(0);
    const Tensor own = own_facts(logits, active, label_smoothing > 0);
    const Tensor all = processes.gather(own).view({processes.size(), images, own.size(1)});
    const auto fact = [&](int64_t i) { return all.select(2, i); };  // [processes, B]
    const Tensor largest = fact(0).amax(0);
    log_sum = largest + (fact(1) * (fact(0) - largest).exp()).sum(0).log();
    Tensor asked = fact(2).sum(0);
    if (label_smoothing > 0) {
      target.of_right = 1 - label_smoothing;
      target.of_each = label_smoothing / fact(6).select(1, 0).sum().item<double>();
      asked = target.of_right * asked + target.of_each * fact(5).sum(0);
    }
    const Tensor losses = log_sum - asked;
    const Tensor is_right = fact(4).gather(0, fact(3).argmax(0, /*keepdim=*/true)).squeeze(0);
    const Share share = share_of(images, processes);
    loss = losses.slice(0, share.begin, share.end).sum() / images;
    accuracy = (is_right.slice(0, share.begin, share.end).sum() / images).to(at::kFloat);
  }
  return {.loss = SplitCrossEntropy::apply(logits.with_margin, active, target, log_sum.unsqueeze(1), loss),
          .accuracy = accuracy};
}

}  // namespace massface
