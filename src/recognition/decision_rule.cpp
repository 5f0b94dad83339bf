#include "recognition/decision_rule.h"

#include "core/error.h"
#include "core/files.h"
#include "evaluation/threshold_table.h"

namespace massface {

void DecisionOptions::describe(OptionTable& table) {
  table.add(
      "fmr", fmr, {.min = 0, .max = 0.5},
      "Rate of false matches to decide by: 1e-1, 1e-2, ... 1e-6, with the threshold that the weights carry for it "
      "(massface evaluate --write-thresholds). 0: 1e-3.");
  table.add("threshold", threshold, {.min = kNoThreshold, .max = 1},
            "Cosine above which two faces are one person, in the place of --fmr; -2: that of --fmr.");
}

Recognition recognition_of(const std::filesystem::path& weights, const DecisionOptions& options) {
  constexpr double kDefaultFmr = 1e-3;
  const bool is_given = options.threshold != DecisionOptions::kNoThreshold;
  require(!is_given || options.fmr == 0, "--threshold and --fmr both decide; give one of them");
  const auto table = read_threshold_table(weights);
  Recognition recognition{.flip = table ? parse_flip(table->flip) : Flip::kSum};
  if (is_given) {
    recognition.rule = {.threshold_cosine = options.threshold, .origin = "--threshold"};
    return recognition;
  }
  if (!table) {
    require(options.fmr == 0,
            "{} carries no table of thresholds, so an FMR of {} says nothing of it. Measure one (massface evaluate {} "
            "--all-pairs FACES --write-thresholds), or give --threshold",
            printable(weights.native()), options.fmr, printable(weights.native()));
    return recognition;
  }
  const ThresholdRow& row = table->row_of(options.fmr == 0 ? kDefaultFmr : options.fmr);
  recognition.rule = {.threshold_cosine = row.threshold_cosine(),
                      .origin = fmt::format("an FMR of {:.0e} on {} ({} matched, {} mismatched comparisons)", row.fmr,
                                            printable(table->set), table->matched, table->mismatched)};
  return recognition;
}

}  // namespace massface
