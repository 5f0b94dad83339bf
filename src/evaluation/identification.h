#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/tensor.h"
#include "evaluation/threshold_table.h"

namespace massface {

// The rates of an open-set search at one threshold.
struct IdentificationRow {
  double fpir = 0;  // the rate that was asked for: of unmated probes for which anybody is found
  // The smallest cosine that holds it: who is above is found. Absent if the unmated probes are too few to tell: fewer
  // than 10 would be expected.
  std::optional<double> threshold_cosine;
  MeasuredRate false_positives;  // of the unmated probes, at this threshold
  MeasuredRate true_positives;   // of the mated ones: the right subject is the most similar one, and above it (TPIR)
};

// The result of searching a gallery for probes (ISO/IEC 19795-1; NIST's FRVT 1:N, NISTIR 8271). Subjects are compared
// by their most similar template.
struct IdentificationResult {
  int64_t gallery_templates = 0, gallery_subjects = 0;
  int64_t mated = 0, unmated = 0;       // probes whose subject is in the gallery, and is not
  MeasuredRate rank_1, rank_5;          // of the mated ones: the right subject is among the first 1, 5
  std::vector<IdentificationRow> rows;  // by descending rate: 1e-1, 1e-2, 1e-3; none without unmated probes
};

// gallery: float32 [G, D], probes: float32 [P, D], of unit length, contiguous, on the CPU, with the subject of each
// row. A subject that is as similar as the right one counts as before it. Takes G P D multiply-adds, and memory for
// some rows of products. Throws Error if there is no gallery or no probe, or if a subject is not named.
IdentificationResult identify_probes(const Tensor& gallery, const std::vector<std::string>& gallery_subjects,
                                     const Tensor& probes, const std::vector<std::string>& probe_subjects);

}  // namespace massface
