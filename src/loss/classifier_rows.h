#pragma once

#include <cstdint>
#include <memory>

#include "core/tensor.h"
#include "distributed/shares.h"

namespace massface {

// The rows of a classifier that a step computes with, and where each label's row is among them.
struct ActiveRows {
  Tensor rows;     // int64 [n], ascending, of those that this process holds; undefined: all of them
  Tensor column;   // int64 [B, 1]: the place of the label's row, or any place if it is not here
  Tensor is_here;  // bool [B, 1]: whether the label's row is here; undefined: all are

  // Returns the active rows of a parameter. Its gradient is sparse unless all rows are active.
  Tensor of(const Tensor& parameter) const;
};

// Which identities' rows of a classifier this process holds: its share of them (distributed/shares.h); and which of
// these a step compares with: those of the batch, and a random sample of the others. "Killing Two Birds with One Stone:
// Efficient and Robust Training of Face Recognition CNNs by Partial FC", arXiv:2203.15565, section 3.2; there each
// process samples a fixed number, here each identity is drawn by itself, so that the sample does not depend on the
// number of processes.
class ClassifierRows {
 public:
  // sample_rate: the probability that an identity is compared with that is not in the batch, above 0, at most 1.
  // seed: determines the samples. Throws Error if there are fewer than two identities for each process.
  ClassifierRows(int64_t num_identities, double sample_rate, uint64_t seed,
                 std::shared_ptr<Processes> processes = single_process());

  Share own() const { return own_; }
  bool are_all_here() const { return own_.size() == num_identities_; }
  bool are_sampled() const { return sample_rate_ < 1; }
  Processes& processes() const { return *processes_; }

  // labels: int64 [B], in [0, num_identities).
  ActiveRows active(const Tensor& labels, int64_t step) const;

 private:
  Tensor sample(const Tensor& labels, int64_t step) const;

  int64_t num_identities_;
  double sample_rate_;
  uint64_t seed_;
  std::shared_ptr<Processes> processes_;
  Share own_;
};

}  // namespace massface
