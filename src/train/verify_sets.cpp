#include "train/verify_sets.h"

#include <optional>

#include "core/error.h"
#include "core/log.h"
#include "distributed/processes.h"
#include "evaluation/evaluate_pairs.h"
#include "model/embedder.h"

namespace massface {
namespace {

bool is_due(const VerificationOptions& set, const TrainingSetup& setup, const RunPosition& position) {
  const int64_t every = set.every_steps > 0 ? set.every_steps : setup.recipe.checkpoint.every_steps;
  return position.phase_step % every == 0;
}

}  // namespace

void verify_sets(const TrainingSetup& setup, const Model& model, const RunPosition& position, VerificationSets sets,
                 const std::set<std::string>& recorded, const RecordVerification& record) {
  std::optional<Embedder> embedder;  // made for the first set that is due
  for (const OpenedVerification& opened : setup.verifications) {
    const std::string& name = opened.options.name;
    const std::string accuracy = name + "_accuracy";
    if (recorded.contains(accuracy)) continue;
    if (sets == VerificationSets::kDue && !is_due(opened.options, setup, position)) continue;
    if (!embedder) embedder.emplace(model);
    try {
      const VerificationResult result =
          evaluate_pairs(*embedder, opened.set, opened.evaluation(), setup.processes).verification;
      log_info("step {}: {} {:.2f} +- {:.2f} %, VAL at FAR 1e-3 {:.2f} %", position.global_step, name,
               100 * result.accuracy, 100 * result.accuracy_standard_error, 100 * result.val_at_far_1e_3);
      record(accuracy, result.accuracy);
      record(name + "_val_at_far_1e_3", result.val_at_far_1e_3);
    } catch (const LostProcess&) {
      throw;
    } catch (const std::runtime_error& error) {
      log_warning("{} was not measured at step {}: {}", name, position.global_step, error.what());
    }
  }
}

}  // namespace massface
