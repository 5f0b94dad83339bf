#include "mining/pool.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace massface {
namespace {

const Tensor& checked(const Tensor& embeddings, const Tensor& labels) {
  check(embeddings.dim() == 2 && labels.dim() == 1 && labels.size(0) == embeddings.size(0) &&
            labels.scalar_type() == at::kLong && labels.is_cpu(),
        "a pool is embeddings [B, D] with labels int64 [B] on the CPU");
  require_finite(embeddings);
  return embeddings;
}

}  // namespace

void require_finite(const Tensor& embeddings) {
  const Tensor x = embeddings.detach();
  if (std::isfinite(x.square().sum().item<double>())) return;
  const int64_t bad_rows = (~x.isfinite()).any(1).sum().item<int64_t>();
  throw Failure(fmt::format("{} of {} embeddings hold values that are not finite", bad_rows, x.size(0)));
}

Pool::Pool(const Tensor& embeddings, const Tensor& labels)
    : distances_(checked(embeddings, labels).detach().contiguous()),
      identities_(static_cast<size_t>(distances_.stride()), -1) {
  const Tensor contiguous = labels.contiguous();
  const std::span label(contiguous.const_data_ptr<int64_t>(), static_cast<size_t>(size()));
  positions_.resize(label.size());
  for (size_t i = 0; i < label.size(); ++i) positions_[i] = static_cast<int32_t>(i);
  std::ranges::stable_sort(positions_, {}, [&](int32_t position) { return label[static_cast<size_t>(position)]; });
  for (size_t i = 0; i < positions_.size(); ++i) {
    const auto position = static_cast<size_t>(positions_[i]);
    if (i == 0 || label[position] != label[static_cast<size_t>(positions_[i - 1])]) {
      first_.push_back(static_cast<int64_t>(i));
    }
    identities_[position] = static_cast<int32_t>(first_.size()) - 1;
  }
  first_.push_back(size());
}

PoolRow Pool::row(int64_t anchor, const float* distances) const {
  const int32_t own = identities_[static_cast<size_t>(anchor)];
  const int64_t first = first_[static_cast<size_t>(own)], end = first_[static_cast<size_t>(own) + 1];
  const RowView view{distances, identities_.data(), distances_.stride(), own};
  return {anchor, view, {positions_.data() + first, static_cast<size_t>(end - first)}, size()};
}

int64_t Pool::num_valid_triplets() const {
  int64_t sum = 0;
  for (size_t i = 0; i + 1 < first_.size(); ++i) {
    const int64_t images = first_[i + 1] - first_[i];
    sum += images * (images - 1) * (size() - images);
  }
  return sum;
}

}  // namespace massface
