#include "recipe/phase_checks.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "backbone/backbone.h"
#include "core/error.h"
#include "core/files.h"
#include "objective/objective.h"

namespace massface {
namespace {

void check_sub_batch(const PhaseOptions& phase) {
  require(phase.objective.batch.sub_batch == 0 || !normalises_by_batch(phase.batch_norm),
          "phase {}: batch.sub_batch is {}, but batch_norm is \"{}\": the statistics of a part of the batch are not "
          "those of the whole. Set {}.batch_norm to \"running\" or \"frozen\", or {}.batch.sub_batch to 0",
          phase.name, phase.objective.batch.sub_batch, phase.batch_norm, phase.name, phase.name);
}

// The bounds of the single options allow products that no memory holds.
void check_size_of_batch(const PhaseOptions& phase) {
  constexpr int64_t kMostInBatch = 1'000'000, kMostInPool = 100'000'000;
  if (!draws_identities(phase.objective.loss)) return;
  const IdentitySamplerOptions& batch = phase.objective.batch.by_identity;
  const int64_t images = batch.identities * batch.images_per_identity;
  require(images <= kMostInBatch,
          "phase {}: batch.identities = {} with batch.images_per_identity = {} make batches of {} images; the most are "
          "{}",
          phase.name, batch.identities, batch.images_per_identity, images, kMostInBatch);
  const PoolOptions& pool = phase.objective.mining.pool;
  require(pool.pool != "semi_online" || images * pool.scale <= kMostInPool,
          "phase {}: mining.scale = {} batches of {} images make a pool of {}; the most are {}", phase.name, pool.scale,
          images, images * pool.scale, kMostInPool);
}

void check_handover(const PhaseOptions& before, const PhaseOptions& phase) {
  const std::string wanted = classifier_of(phase.objective), found = classifier_of(before.objective);
  require(!wanted.empty(), "phase {}: classifier.from_previous_phase is true, but the loss {} has no classifier",
          phase.name, phase.objective.loss);
  require(wanted == found,
          "phase {}: classifier.from_previous_phase asks for a {} classifier, but the previous phase, {}, has {}",
          phase.name, wanted, before.name, found.empty() ? "none" : "a " + found + " classifier");
  const int64_t centers = phase.objective.classifier.sub_centers,
                before_centers = before.objective.classifier.sub_centers;
  require(
      centers == before_centers,
      "phase {}: classifier.from_previous_phase asks for a classifier with classifier.sub_centers = {}, but that of "
      "the previous phase, {}, has {}",
      phase.name, centers, before.name, before_centers);
  require(
      before.handover.keep,
      "phase {}: classifier.from_previous_phase is true, but {}.classifier.keep is false: a run stopped between the "
      "two phases could not be resumed",
      phase.name, before.name);
}

bool is_validated(const Recipe& recipe) { return recipe.validation.identities > 0 || !recipe.validation.set.empty(); }

void check_validation_set(const Recipe& recipe) {
  const ValidationOptions& validation = recipe.validation;
  if (validation.set.empty()) return;
  std::vector<std::string> names;
  for (const VerificationOptions& table : recipe.verifications) names.push_back(table.name);
  require(std::ranges::find(names, validation.set) != names.end(),
          "validation.set is \"{}\", but there is no [[verification]] table of that name{}{}",
          printable(validation.set), names.empty() ? "" : "; there are ", fmt::join(names, ", "));
  require(validation.identities == 0,
          "validation.set is \"{}\" and validation.identities is {}: either may choose checkpoints, not both. Set "
          "validation.identities to 0, or leave validation.set out",
          printable(validation.set), validation.identities);
}

void check_held_out(const Recipe& recipe, const PhaseOptions& phase) {
  if (is_validated(recipe)) return;
  const char* const wanted = phase.result == "best"              ? "result is \"best\""
                             : phase.early_stopping.patience > 0 ? "early_stopping.patience is set"
                                                                 : nullptr;
  require(wanted == nullptr, "phase {}: {}, which needs people held out from training, but validation.identities is 0",
          phase.name, wanted == nullptr ? "" : wanted);
}

}  // namespace

bool keeps_best(const Recipe& recipe, const PhaseOptions& phase) {
  if (phase.result != "auto") return phase.result == "best";
  return is_validated(recipe) && draws_identities(phase.objective.loss);
}

void check_phases(const Recipe& recipe) {
  check_validation_set(recipe);
  for (size_t i = 0; i < recipe.phases.size(); ++i) {
    const PhaseOptions& phase = recipe.phases[i];
    check_sub_batch(phase);
    check_size_of_batch(phase);
    check_held_out(recipe, phase);
    try {
      phase.optimizer.check();
    } catch (const Error& error) {
      fail("phase {}: {}", phase.name, error.what());
    }
    if (!phase.handover.from_previous_phase) continue;
    require(i > 0, "phase {}: classifier.from_previous_phase is true, but this is the first phase", phase.name);
    check_handover(recipe.phases[i - 1], phase);
  }
}

}  // namespace massface
