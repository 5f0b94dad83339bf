#include "pool/round_plan.h"

#include "core/error.h"

namespace massface {

RoundPlan::RoundPlan(Triplets triplets, int64_t max_images, uint64_t seed, int64_t round, int64_t first_step)
    : triplets_(std::move(triplets)),
      max_images_(max_images),
      seed_(seed),
      round_(round),
      first_step_(first_step),
      uncut_(begin_pass(0)) {
  check(triplets_.size() > 0, "a plan has triplets");
}

SubBatches RoundPlan::begin_pass(int64_t pass) const {
  return {triplets_, max_images_,
          Random(seed_, RandomStream::kTripletOrder, static_cast<uint64_t>(round_), static_cast<uint32_t>(pass))};
}

std::shared_ptr<const SubBatch> RoundPlan::at(int64_t step) const {
  const std::lock_guard lock(mutex_);
  const auto index = static_cast<size_t>(step - first_step_);
  while (cut_.size() <= index) {
    if (auto next = uncut_.next())
      cut_.push_back(std::make_shared<const SubBatch>(*std::move(next)));
    else
      uncut_ = begin_pass(++pass_);
  }
  return cut_[index];
}

}  // namespace massface
