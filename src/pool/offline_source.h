#pragma once

#include "pool/batch_source.h"
#include "pool/round_plan.h"
#include "pool/set_embedding.h"

namespace massface {

// Rounds of a fixed number of steps. At the start of each the training set, or a sample of its identities, is embedded
// without augmentation, triplets are searched in all of it, written to RUN/triplets (pool/triplet_round.h) and trained
// on in sub-batches of at most a batch's size, loaded with augmentation; when all have been trained on, once more in
// another order. A round without triplets passes, and changes no weight.
class OfflineSource : public BatchSource {
 public:
  // objective: tells the size of a batch and of an epoch.
  OfflineSource(const PhaseContext& phase, const Objective& objective);

  StepBatch next(int64_t step) override;

  // Which round is trained on, and the hash of its file.
  NamedTensors state() const override;
  void restore(const NamedTensors& state) override;

  int64_t batch_size() const override { return sampler_->batch_size(); }
  int64_t batches_per_epoch() const override { return sampler_->batches_per_epoch(); }
  double seconds_waited() const override;
  std::vector<BadImageReport> take_bad_images() override;

 private:
  static constexpr int64_t kNoRound = -1;

  void continue_round(int64_t step);
  PoolReport search_round(int64_t round, int64_t step);
  void begin_training(int64_t round, int64_t step, const Triplets& triplets);
  std::vector<ImageIndex> images_of_round(int64_t round) const;
  std::filesystem::path file_of(int64_t round) const;

  PhaseContext phase_;
  std::unique_ptr<Sampler> sampler_;
  int64_t steps_of_round_;
  int64_t first_round_;                    // of the phase, among the run's
  std::vector<ImageIndex> whole_indices_;  // of the training images in the whole set
  int64_t round_ = kNoRound;               // of the phase, in hand
  uint64_t hash_ = 0;                      // of its file
  BadImageList bad_images_;
  double seconds_waited_ = 0;            // by loaders that are gone
  std::unique_ptr<RoundPlan> plan_;      // null where the round has no triplets
  std::unique_ptr<BatchLoader> loader_;  // of the plan; behind it, to be gone before
  bool restored_ = false;                // the round in hand is yet to be read
};

}  // namespace massface
