#pragma once

#include "pool/batch_source.h"
#include "pool/set_embedding.h"

namespace massface {

// A phase's sampler. With batch.similar_identities above 1 it is made anew before its first batch, when the network of
// the phase's start has told who looks like whom; a checkpoint keeps that table, since the network has changed by then.
class PhaseSampler {
 public:
  // objective: outlives it.
  PhaseSampler(const PhaseContext& phase, const Objective& objective);

  // Before the first batch is drawn. Embeds some images of each identity where similar ones are sought and restore()
  // has not brought the table. Throws what embed_set() throws.
  void prepare(BadImageList& bad);

  // Draws batches only after prepare(); knows their size and number before.
  const Sampler& sampler() const { return *sampler_; }

  NamedTensors state() const;
  void restore(const NamedTensors& state);

 private:
  bool seeks_similar() const { return phase_.options().objective.batch.by_identity.similar_identities > 1; }

  PhaseContext phase_;
  const Objective& objective_;
  std::unique_ptr<Sampler> sampler_;
  Tensor neighbours_;  // int64 [identities, M], the most similar first, -1 where there is none; [0, 0]: not yet known
};

}  // namespace massface
