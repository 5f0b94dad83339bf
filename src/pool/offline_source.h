#pragma once

#include "pool/batch_source.h"
#include "pool/round_plan.h"
#include "pool/set_embedding.h"

namespace massface {

// Works in rounds of a fixed number of steps. At the start of each round, the training set, or a sample of its
// identities, is embedded without augmentation, triplets are selected from all of it and written to RUN/triplets
// (pool/triplet_round.h). The steps train on them in sub-batches of at most a batch's size, loaded with augmentation,
// and start again in another order once all have been used. The steps of a round without triplets change no weight.
class OfflineSource : public BatchSource {
 public:
  // objective: determines the size of a batch and of an epoch.
  OfflineSource(const PhaseContext& phase, const Objective& objective);

  StepBatch next(int64_t step) override;

  // Holds the number of the current round and the hash of its file.
  NamedTensors state() const override;
  void restore(const NamedTensors& state) override;

  int64_t batch_size() const override { return sampler_->batch_size(); }
  int64_t batches_per_epoch() const override { return sampler_->batches_per_epoch(); }
  double seconds_waited() const override;
  std::vector<UnreadableImage> take_bad_images() override;

 private:
  static constexpr int64_t kNoRound = -1;

  void continue_round(int64_t step);
  Triplets read_again() const;
  PoolReport search_round(int64_t round, int64_t step);
  void begin_training(int64_t round, int64_t step, const Triplets& triplets);
  std::vector<ImageIndex> images_of_round(int64_t round) const;
  std::filesystem::path file_of(int64_t round) const;

  PhaseContext phase_;
  std::unique_ptr<Sampler> sampler_;
  int64_t steps_of_round_;
  int64_t first_round_;                    // number of the phase's first round within the run
  std::vector<ImageIndex> whole_indices_;  // indices of the training images in the whole set
  int64_t round_ = kNoRound;               // the current round of the phase
  uint64_t hash_ = 0;                      // hash of its file
  BadImageList bad_images_;
  double seconds_waited_ = 0;              // by earlier loaders
  std::unique_ptr<RoundPlan> plan_;        // null if the round has no triplets
  std::unique_ptr<SharedBatches> loader_;  // uses plan_, so it is declared after it and destroyed first
  bool restored_ = false;                  // the current round has still to be read from its file
};

}  // namespace massface
