#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/options.h"
#include "distributed/processes.h"
#include "evaluation/pair_distances.h"
#include "evaluation/verification.h"
#include "evaluation/verification_set.h"
#include "model/embed_images.h"
#include "pipeline/sized_decoder.h"

namespace massface {

struct EvaluationOptions {
  std::string flip = "concatenate";
  std::string folds;
  bool resize = false;
  bool center_crop = false;
  bool subtract_mean = false;
  int64_t batch = 64;
  int64_t threads = 0;

  void describe(OptionTable& table);
  // Returns how images of another size are treated. Throws Error if both resize and center_crop are set.
  OtherSize other_size() const;
};

// Images that are named by pairs but could not be used.
struct AbsentImages {
  std::vector<std::string> missing;  // as the pairs file names them
  std::vector<UnreadableImage> unreadable;
};

struct EvaluationReport {
  VerificationResult verification;
  PairDistances distances;  // of the pairs that were used
  // The same pairs as indices into `images`, their images as the pairs file names them.
  std::vector<IndexPair> pairs;
  std::vector<std::string> images;
  // The distances that the decisions on each pair's fold were made by: `distances`, unless the mean of the other folds
  // was subtracted. Empty if the set has no accuracy.
  std::vector<float> decision_distances;
  AbsentImages absent;
  int64_t pairs_left_out = 0;  // because of absent images
  int64_t num_images = 0;      // embedded
  std::string fingerprint;     // of the names of the images and of the pairs that were used
  double seconds = 0;          // loading and embedding
};

// Embeds every image that the pairs name once, and computes the verification result. Pairs with a missing or unreadable
// image are left out with a warning. The result is called LFW only if every pair of LFW's View 2 was used; otherwise it
// is called "pairs folds 1-5", "pairs (37 pairs missing)", and so on. Throws Error if more than half of the pairs are
// left out, if the images folder does not exist, if a packed set has no image that a pair names, and if an image has
// another size than the network's input unless the options define how to treat it. A set with only matched or only
// mismatched pairs has no accuracy: its figures are NaN, its folds are empty, and a warning is logged.
//
// Several processes share the images, and all have the report. Throws Error if they do not find the same images.
EvaluationReport evaluate_pairs(const ImageEmbedder& embedder, const VerificationSet& set,
                                const EvaluationOptions& options,
                                const std::shared_ptr<Processes>& processes = single_process());

// Throws Error for every mistake that evaluate_pairs() would find before it embeds the first image. This takes seconds,
// while a set that is measured before this one may take hours.
void require_measurable(const VerificationSet& set, const EvaluationOptions& options);

}  // namespace massface
