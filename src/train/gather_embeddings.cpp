#include "train/gather_embeddings.h"

#include <torch/torch.h>

#include "distributed/shares.h"

namespace massface {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

struct GatherFunction : torch::autograd::Function<GatherFunction> {
  static Tensor forward(AutogradContext* context, const Tensor& own, int64_t total,
                        const std::shared_ptr<Processes>& processes) {
    const Share share = share_of(total, *processes);
    context->saved_data["begin"] = share.begin;
    context->saved_data["end"] = share.end;
    context->saved_data["processes"] = c10::IValue::make_capsule(c10::make_intrusive<Holder>(processes));
    return gather_shares(*processes, own, total);
  }

  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const int64_t begin = context->saved_data["begin"].toInt(), end = context->saved_data["end"].toInt();
    const Tensor gradient = gradients[0].contiguous().clone();
    c10::static_intrusive_pointer_cast<Holder>(context->saved_data["processes"].toCapsule())->processes->sum(gradient);
    return {gradient.slice(0, begin, end), Tensor(), Tensor()};
  }

  struct Holder : torch::CustomClassHolder {
    explicit Holder(std::shared_ptr<Processes> held) : processes(std::move(held)) {}
    std::shared_ptr<Processes> processes;
  };
};

}  // namespace

Tensor gather_embeddings(const Tensor& own, int64_t total, const std::shared_ptr<Processes>& processes) {
  if (processes->size() == 1) return own;
  return GatherFunction::apply(own, total, processes);
}

}  // namespace massface
