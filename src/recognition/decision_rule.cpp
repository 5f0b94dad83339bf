#include "recognition/decision_rule.h"

#include <cmath>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "evaluation/threshold_table.h"

namespace massface {
namespace {

void require_flip(const ThresholdTable& table, Flip flip, const std::filesystem::path& weights) {
  require(parse_flip(table.flip) == flip,
          "--flip {}: the table of thresholds in {} is for --flip {}. Leave --flip out (a gallery is then one that was "
          "made without it), give --threshold, or measure a table for it (massface evaluate {} --flip {} --all-pairs "
          "FACES --write-thresholds)",
          flip_names()[static_cast<size_t>(flip)], printable(weights.native()), table.flip, printable(weights.native()),
          flip_names()[static_cast<size_t>(flip)]);
}

}  // namespace

void DecisionOptions::describe(OptionTable& table) {
  table.add(
      "fmr", fmr, {.min = 0, .max = 0.5},
      fmt::format("Rate of false matches to decide by: 1e-1, 1e-2, ... 1e-6, with the threshold that the weights carry "
                  "for it (massface evaluate --write-thresholds). 0: {:.0e}.",
                  default_fmr));
  table.add("threshold", threshold, {.min = -1, .max = 1},
            "Cosine above which two faces are one person, in the place of --fmr.");
}

Flip flip_of_table(const std::filesystem::path& weights) {
  const auto table = read_threshold_table(weights);
  return table ? parse_flip(table->flip) : Flip::kSum;
}

FoundRule decide_by(const std::filesystem::path& weights, Flip flip, const DecisionOptions& options) {
  const bool is_given = options.threshold != DecisionOptions::kNoThreshold;
  require(!is_given || options.fmr == 0, "--threshold and --fmr both decide; give one of them");
  if (is_given) return {DecisionRule{.threshold_cosine = options.threshold, .origin = "--threshold"}, ""};
  const std::string name = printable(weights.native());
  const auto table = read_threshold_table(weights);
  if (!table) {
    const std::string why_not = fmt::format(
        "{} carries no table of thresholds. Measure one (massface evaluate {} --all-pairs FACES --write-thresholds), "
        "or "
        "give --threshold",
        name, name);
    require(options.fmr == 0, "an FMR of {} cannot be kept: {}", options.fmr, why_not);
    return {std::nullopt, why_not};
  }
  require_flip(*table, flip, weights);
  if (options.fmr == 0 && !table->reaches(options.default_fmr)) {
    return {std::nullopt,
            fmt::format("the table of thresholds in {}, of {} mismatched comparisons, does not reach an FMR of {:.0e}. "
                        "Ask for a higher one (--fmr), measure more pairs (massface evaluate {} --all-pairs FACES "
                        "--write-thresholds), or give --threshold",
                        name, table->mismatched, options.default_fmr, name)};
  }
  const ThresholdRow& row = table->row_of(options.fmr == 0 ? options.default_fmr : options.fmr);
  return {DecisionRule{.threshold_cosine = row.threshold_cosine(),
                       .origin = fmt::format("an FMR of {:.0e} on {} ({} matched, {} mismatched comparisons)", row.fmr,
                                             printable(table->set), table->matched, table->mismatched)},
          ""};
}

void IdentificationOptions::describe(OptionTable& table) {
  table.add(
      "fpir", fpir, {.min = 0, .max = 0.9},
      "Probability with which a stranger may get a name (false positive identification rate). The threshold follows "
      "from it, from the number of faces in the gallery and from the weights' table. 0: 0.01.");
  table.add("threshold", threshold, {.min = -1, .max = 1},
            "Cosine above which a face gets a name, in the place of --fpir.");
}

IdentificationRule identification_rule(const std::filesystem::path& weights, Flip flip,
                                       const IdentificationOptions& options, int64_t faces) {
  constexpr double kDefaultFpir = 0.01;
  if (options.threshold != DecisionOptions::kNoThreshold) {
    require(options.fpir == 0, "--threshold and --fpir both decide; give one of them");
    return {.decision = {.threshold_cosine = options.threshold, .origin = "--threshold"}};
  }
  const double wanted = options.fpir == 0 ? kDefaultFpir : options.fpir;
  const auto table = read_threshold_table(weights);
  require(
      table.has_value(),
      "{} carries no table of thresholds, so nobody can be named. Measure one (massface evaluate {} --all-pairs FACES "
      "--write-thresholds), or give --threshold",
      printable(weights.native()), printable(weights.native()));
  require_flip(*table, flip, weights);
  const auto fpir_of = [&](double fmr) { return -std::expm1(static_cast<double>(faces) * std::log1p(-fmr)); };
  const ThresholdRow* strictest = nullptr;
  for (const ThresholdRow& row : table->rows) {  // by descending rate
    if (!row.threshold_squared_l2) continue;
    strictest = &row;
    if (fpir_of(row.fmr) <= wanted) break;
  }
  require(strictest != nullptr, "{}: its table of thresholds, of {}, has no threshold at all: measure more pairs",
          printable(weights.native()), printable(table->set));
  const double expected = fpir_of(strictest->fmr);
  if (expected > wanted) {
    log_warning(
        "the table of {} ends at an FMR of {:.0e}; among {} faces, {:.1f} % of strangers would get a name, more than "
        "the "
        "{:.1f} % asked for. Measure more pairs, or give --threshold",
        printable(table->set), strictest->fmr, faces, 100 * expected, 100 * wanted);
  }
  return {.decision = {.threshold_cosine = strictest->threshold_cosine(),
                       .origin = fmt::format("an FMR of {:.0e} on {}", strictest->fmr, printable(table->set))},
          .expected_fpir = expected};
}

}  // namespace massface
