#pragma once

#include "pool/batch_source.h"
#include "pool/set_embedding.h"

namespace massface {

// A phase's sampler. With batch.similar_identities above 1, it is recreated before its first batch with the table of
// similar identities that the network finds at the start of the phase. A checkpoint keeps that table, since a resumed
// phase has another network.
class PhaseSampler {
 public:
  // objective: must outlive this object.
  PhaseSampler(const PhaseContext& phase, const Objective& objective);

  // Must be called before the first batch is drawn. Embeds some images of each identity if similar identities are
  // needed and restore() has not provided their table. Throws what embed_set() throws, and Failure if an embedding is
  // not finite.
  void prepare(BadImageList& bad);

  // The sampler draws batches only after prepare(), but knows their size and number before.
  const Sampler& sampler() const { return *sampler_; }

  NamedTensors state() const;
  void restore(const NamedTensors& state);

 private:
  bool seeks_similar() const { return phase_.options().objective.batch.by_identity.similar_identities > 1; }

  PhaseContext phase_;
  const Objective& objective_;
  std::unique_ptr<Sampler> sampler_;
  Tensor neighbours_;  // int64 [identities, M], most similar first, padded with -1; [0, 0]: not yet known
};

}  // namespace massface
