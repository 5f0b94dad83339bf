#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace massface {

// One value per pair; all vectors have the same length.
struct PairDistances {
  std::vector<float> distance_squared;  // squared L2 between unit embeddings, 0 to 4
  std::vector<uint8_t> same;            // 1: one person
  std::vector<int64_t> fold;            // 0-based; need not be contiguous (a part of a protocol)
};

struct FoldResult {
  int64_t fold = 0;
  double accuracy = 0;
  double threshold_squared_l2 = 0;  // found on the other folds
};

struct VerificationResult {
  std::string name;  // "LFW", or the name of the set; a part is named as such: "pairs folds 1-5"
  int64_t num_pairs = 0;
  double accuracy = 0;                 // mean over folds
  double accuracy_standard_error = 0;  // standard deviation over folds (n - 1) / sqrt(n); 0 with one fold
  double val_at_far_1e_3 = 0;          // mean over folds of the true accept rate, threshold from the other folds
  double val_standard_error = 0;
  double far_at_val = 0;            // the false accept rate at the thresholds of VAL, mean over folds
  double auc = 0;                   // exact; a matched and a mismatched pair of equal distance count half
  double eer = 0;                   // where FAR equals FRR on the ROC curve, with its points joined by straight lines
  double threshold_squared_l2 = 0;  // the threshold to deploy: the best on all pairs
  // Whether there is only one fold, so that accuracy and VAL are measured with a threshold chosen on the same pairs,
  // which makes them too good.
  bool threshold_in_sample = false;
  std::vector<FoldResult> folds;
};

// "same" is predicted when the distance is below the threshold. A fold's threshold is the middle of the lowest
// plateau of the best accuracy on the other folds ("Labeled Faces in the Wild", UMass TR 07-49, View 2). With only one
// fold, the threshold is chosen on the fold itself (and its standard error is 0), and a warning is logged. VAL and FAR
// follow FaceNet, arXiv:1503.03832, section 4: the largest threshold with FAR <= 1e-3 on the other folds. Throws Error
// if a fold or the whole set lacks matched or mismatched pairs, or if a distance is not finite.
VerificationResult verify(const PairDistances& pairs, std::string name);

// Like verify, for distances that depend on the fold that is measured: distances_for(fold) returns the distances of all
// pairs for that fold, and AUC, EER and the threshold to deploy are computed from `over_all`.
VerificationResult verify_by_fold(const PairDistances& over_all,
                                  const std::function<PairDistances(int64_t fold)>& distances_for, std::string name);

// The rates of a threshold, which accepts the pairs with a distance below it.
struct RocPoint {
  double false_accept_rate = 0;
  double true_accept_rate = 0;
  double threshold_squared_l2 = 0;  // the largest that gives these rates
};

// Returns one point for every set of pairs that a threshold can accept, from (0, 0) to (1, 1). Throws as verify does.
std::vector<RocPoint> roc_curve(const PairDistances& pairs);

}  // namespace massface
