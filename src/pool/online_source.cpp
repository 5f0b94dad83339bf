#include "pool/online_source.h"

namespace massface {

OnlineSource::OnlineSource(const PhaseContext& phase, const Objective& objective)
    : phase_(phase), sampler_(phase, objective), bad_images_(phase.run.known_bad_images) {}

StepBatch OnlineSource::next(int64_t step) {
  if (loader_ == nullptr) {
    sampler_.prepare(bad_images_);
    loader_ = make_batches(phase_, sampler_.sampler(), Loads::kShare, step, phase_.steps(), bad_images_.known());
  }
  return {.batch = loader_->next()};
}

std::vector<UnreadableImage> OnlineSource::take_bad_images() {
  if (loader_ != nullptr) bad_images_.add_from(*loader_);
  return bad_images_.take();
}

}  // namespace massface
