#include "recipe/verification_sets.h"

#include <fmt/ranges.h>

#include <ranges>

#include "core/error.h"
#include "core/files.h"
#include "dataset/overlap.h"
#include "evaluation/read_verification_set.h"
#include "pipeline/load_images.h"

namespace massface {
namespace {

constexpr size_t kNamed = 5;

// Otherwise a training would find it at its first measurement.
void require_size(const OpenedVerification& opened, const InputFormat& input) {
  PairImageFinder finder(opened.set);
  const auto first = finder.find(opened.set.pairs.pairs.front().first);
  if (!first) return;
  try {
    load_images({*first}, input.height, input.width, opened.evaluation().other_size(), 1);
  } catch (const Error& wrong_size) {
    const std::string& name = opened.options.name;
    fail("{}. For this set, the options are verification.{}.resize and verification.{}.center_crop", wrong_size.what(),
         name, name);
  }
}

OpenedVerification open(const VerificationOptions& table, const Dataset& training, const InputFormat& input) {
  require(!table.pairs.empty(), "pairs is not set: give the file of the pairs");
  OpenedVerification opened{.options = table, .set = read_verification_set(table.pairs, table.images, table.name)};
  require_measurable(opened.set, opened.evaluation());
  require_size(opened, input);
  if (table.other_people || !opened.set.in_memory.empty()) return opened;  // a .bin file contains no names
  std::vector<std::string> both = overlapping_identities(training, opened.set.pairs);
  for (std::string& name : both) name = printable(name);
  require(
      both.empty(),
      "{} people of its pairs are also trained on ({}{}), so it would say nothing about others. Take them out of the "
      "training set, or, if they are other people of the same names, set verification.{}.other_people=true",
      both.size(), fmt::join(both | std::views::take(kNamed), ", "), both.size() > kNamed ? ", ..." : "", table.name);
  return opened;
}

}  // namespace

EvaluationOptions OpenedVerification::evaluation() const {
  return {.flip = options.flip, .resize = options.resize, .center_crop = options.center_crop};
}

std::vector<OpenedVerification> open_verifications(const std::vector<VerificationOptions>& tables,
                                                   const Dataset& training, const InputFormat& input) {
  std::vector<OpenedVerification> opened;
  for (const VerificationOptions& table : tables) {
    try {
      opened.push_back(open(table, training, input));
    } catch (const Error& error) {
      fail("verification {}: {}", table.name, error.what());
    }
  }
  return opened;
}

}  // namespace massface
