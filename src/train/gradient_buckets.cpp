#include "train/gradient_buckets.h"

#include <torch/torch.h>

#include <algorithm>
#include <ranges>

#include "core/error.h"

namespace massface {

struct GradientBuckets::Bucket {
  std::vector<Tensor> parameters;
  std::vector<int64_t> begins;  // of each parameter's numbers in `sums`
  int64_t numbers = 0;
  Tensor sums;                  // [numbers]
  std::vector<uint8_t> is_put;  // per parameter, in this step
  std::unique_ptr<PendingSum> travelling;

  bool is_complete() const {
    return std::ranges::all_of(is_put, [](uint8_t put) { return put != 0; });
  }
};

GradientBuckets::GradientBuckets(const std::vector<Tensor>& network, std::shared_ptr<Processes> processes,
                                 at::ScalarType type, int64_t bucket_bytes)
    : processes_(std::move(processes)) {
  for (const Tensor& parameter : network | std::views::reverse) {
    if (!parameter.requires_grad()) continue;
    const bool is_full =
        buckets_.empty() || buckets_.back()->numbers * static_cast<int64_t>(elementSize(type)) >= bucket_bytes;
    Bucket& bucket = is_full ? add_bucket() : *buckets_.back();
    place_of_[parameter.unsafeGetTensorImpl()] = {&bucket, bucket.parameters.size()};
    bucket.parameters.push_back(parameter);
    bucket.begins.push_back(bucket.numbers);
    bucket.numbers += parameter.numel();
  }
  for (const auto& bucket : buckets_) {
    bucket->is_put.assign(bucket->parameters.size(), 0);
    bucket->sums = at::empty({bucket->numbers}, bucket->parameters[0].options().dtype(type).requires_grad(false));
  }
}

GradientBuckets::~GradientBuckets() = default;

GradientBuckets::Bucket& GradientBuckets::add_bucket() { return *buckets_.emplace_back(std::make_unique<Bucket>()); }

void GradientBuckets::begin(const Tensor& loss, bool network_learns) {
  loss_ = loss;
  network_learns_ = network_learns;
  next_ = 0;
  for (const auto& bucket : buckets_) std::ranges::fill(bucket->is_put, 0);
  travelling_loss_ = processes_->start_sum(loss_);
}

void GradientBuckets::put(Bucket& bucket, size_t member, const Tensor& gradient) {
  const at::NoGradGuard no_grad;
  const Tensor& parameter = bucket.parameters[member];
  const int64_t begin = bucket.begins[member];
  const Tensor place = bucket.sums.slice(0, begin, begin + parameter.numel()).view(parameter.sizes());
  gradient.defined() ? place.copy_(gradient) : place.zero_();
  bucket.is_put[member] = 1;
}

void GradientBuckets::start(Bucket& bucket) {
  if (bucket.travelling == nullptr) bucket.travelling = processes_->start_sum(bucket.sums);
}

void GradientBuckets::ready(const Tensor& parameter, const Tensor& gradient) {
  const auto place = place_of_.find(parameter.unsafeGetTensorImpl());
  if (place == place_of_.end()) return;  // it does not learn
  auto& [bucket, member] = place->second;
  if (bucket->is_put[member] != 0) return;  // it travels already
  put(*bucket, member, gradient);
  while (next_ < buckets_.size() && buckets_[next_]->is_complete()) start(*buckets_[next_++]);
}

void GradientBuckets::finish() {
  const at::NoGradGuard no_grad;
  std::exchange(travelling_loss_, nullptr)->wait();
  if (!network_learns_) return;
  for (const auto& bucket : buckets_) {
    for (size_t i = 0; i < bucket->parameters.size(); ++i) {
      if (bucket->is_put[i] == 0) put(*bucket, i, bucket->parameters[i].grad());
    }
    start(*bucket);
  }
  for (const auto& bucket : buckets_) {
    std::exchange(bucket->travelling, nullptr)->wait();
    for (size_t i = 0; i < bucket->parameters.size(); ++i) {
      Tensor& parameter = bucket->parameters[i];
      const Tensor sum =
          bucket->sums.slice(0, bucket->begins[i], bucket->begins[i] + parameter.numel()).view(parameter.sizes());
      if (!parameter.grad().defined()) parameter.mutable_grad() = at::empty_like(parameter);
      parameter.mutable_grad().copy_(sum);
    }
  }
}

}  // namespace massface
