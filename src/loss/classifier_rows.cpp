#include "loss/classifier_rows.h"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <vector>

#include "core/error.h"
#include "core/random.h"

namespace massface {
namespace {

// Takes rows of a parameter. The gradient is sparse, so that its memory is that of the rows, and the optimizer leaves
// the others alone.
class TakenRows : public torch::autograd::Function<TakenRows> {
 public:
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& parameter, const Tensor& rows) {
    context->save_for_backward({rows});
    context->saved_data["sizes"] = parameter.sizes().vec();
    return parameter.index_select(0, rows);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const Tensor rows = context->get_saved_variables()[0].unsqueeze(0);
    return {at::_sparse_coo_tensor_unsafe(rows, gradients[0].contiguous(), context->saved_data["sizes"].toIntVector(),
                                          gradients[0].options().layout(at::kSparse),
                                          /*is_coalesced=*/true),
            Tensor()};
  }
};

}  // namespace

Tensor ActiveRows::of(const Tensor& parameter) const {
  return rows.defined() ? TakenRows::apply(parameter, rows) : parameter;
}

ClassifierRows::ClassifierRows(int64_t num_identities, double sample_rate, uint64_t seed,
                               std::shared_ptr<Processes> processes)
    : num_identities_(num_identities),
      sample_rate_(sample_rate),
      seed_(seed),
      processes_(std::move(processes)),
      own_(share_of(num_identities, *processes_)) {
  require(num_identities >= 2, "a classifier of {} identities has nothing to tell apart; it needs at least two",
          num_identities);
  require(num_identities >= kLeastShare * processes_->size(),
          "the {} identities of the classifier cannot be divided among {} processes; at most {} could", num_identities,
          processes_->size(), num_identities / kLeastShare);
  require(sample_rate > 0 && sample_rate <= 1,
          "classifier.sample_rate is {}: it is a part of the identities, above 0 and at most 1", sample_rate);
}

ActiveRows ClassifierRows::active(const Tensor& labels, int64_t step) const {
  ActiveRows active{.column = labels.unsqueeze(1)};
  if (!are_all_here()) {
    active.is_here = at::logical_and(active.column >= own_.begin, active.column < own_.end);
    active.column = (active.column - own_.begin).clamp(0, own_.size() - 1);
  }
  if (!are_sampled()) return active;
  active.rows = sample(labels, step).to(labels.device());
  active.column = at::searchsorted(active.rows, active.column).clamp(0, std::max<int64_t>(active.rows.size(0) - 1, 0));
  return active;
}

Tensor ClassifierRows::sample(const Tensor& labels, int64_t step) const {
  constexpr int64_t kAtOnce = 4;  // random numbers of a block
  std::vector<uint8_t> is_active(static_cast<size_t>(own_.size()));
  const int64_t first = own_.begin / kAtOnce, end = (own_.end + kAtOnce - 1) / kAtOnce;
  at::parallel_for(first, end, 1 << 14, [&](int64_t from, int64_t to) {
    Random random(seed_, RandomStream::kClassSample, static_cast<uint64_t>(step));
    random.seek(static_cast<uint32_t>(from));
    for (int64_t identity = from * kAtOnce; identity < to * kAtOnce; ++identity) {
      const bool drawn = random.uniform() < sample_rate_;
      if (drawn && identity >= own_.begin && identity < own_.end) {
        is_active[static_cast<size_t>(identity - own_.begin)] = 1;
      }
    }
  });
  const Tensor on_cpu = labels.cpu().contiguous();
  for (int64_t i = 0; i < on_cpu.numel(); ++i) {
    const int64_t identity = on_cpu.const_data_ptr<int64_t>()[i];
    if (identity >= own_.begin && identity < own_.end) is_active[static_cast<size_t>(identity - own_.begin)] = 1;
  }
  const Tensor rows = at::empty({std::ranges::count(is_active, 1)}, at::kLong);
  auto* row = rows.mutable_data_ptr<int64_t>();
  for (size_t i = 0; i < is_active.size(); ++i) {
    if (is_active[i] != 0) *row++ = static_cast<int64_t>(i);
  }
  return rows;
}

}  // namespace massface
