#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/options.h"
#include "evaluation/pair_distances.h"
#include "evaluation/verification.h"
#include "evaluation/verification_set.h"
#include "model/embedder.h"
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
  // Throws Error where both are asked for.
  OtherSize other_size() const;
};

struct BadImageFile {
  std::string image;  // as the pairs file names it
  std::string reason;
};

// Images that pairs name and that could not be used.
struct AbsentImages {
  std::vector<std::string> missing;  // as the pairs file names them
  std::vector<BadImageFile> unreadable;
};

struct EvaluationReport {
  VerificationResult verification;
  PairDistances distances;  // of the pairs that were used
  AbsentImages absent;
  int64_t pairs_left_out = 0;  // because of absent images
  int64_t num_images = 0;      // embedded
  double seconds = 0;          // loading and embedding
};

// Embeds every image that the pairs name once, and verifies. Pairs with a missing or unreadable image are left out with
// a warning. The result is called LFW only when every pair of LFW's View 2 was used: otherwise "pairs folds 1-5",
// "pairs (37 pairs missing)", and so on. Throws Error when more than half of the pairs are left out, for an images
// folder that is not there, a packed set that has no image by the pairs' names, and for an image of another size than
// the network's unless options say what becomes of it. A set that has only matched or only mismatched pairs has no
// accuracy: its figures are NaN, its folds empty, and there is a warning.
EvaluationReport evaluate_pairs(const Embedder& embedder, const VerificationSet& set, const EvaluationOptions& options);

// Throws Error for what evaluate_pairs() would find wrong before it embeds the first image: in seconds, where a set
// that is measured before this one may take hours.
void require_measurable(const VerificationSet& set, const EvaluationOptions& options);

}  // namespace massface
