#include "train/online_source.h"

namespace massface {

OnlineSource::OnlineSource(const PhaseContext& phase, std::unique_ptr<Sampler> sampler)
    : sampler_(std::move(sampler)),
      loader_({*phase.setup.training, *sampler_, phase.setup.model.input.height, phase.setup.model.input.width},
              phase.setup.recipe.pipeline, phase.setup.recipe.dataset.max_bad_fraction, phase.seed(), phase.first_step,
              phase.steps(), phase.known_bad_images) {}

}  // namespace massface
