#include "checkpoint/run_weights.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "checkpoint/checkpoint_files.h"
#include "core/error.h"
#include "core/files.h"
#include "tensor_file/safetensors.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// Returns true if the folder is a complete checkpoint, such as "step-000000120". A name with another ending
// ("step-000000120.partial") is a checkpoint whose writer was killed.
bool is_checkpoint(const fs::path& folder) {
  return step_of_checkpoint(folder.filename().native()) && is_file(folder / kModelFile);
}

// The names of the checkpoints, by ascending step.
std::vector<std::string> checkpoints_of(const fs::path& run) {
  std::vector<std::string> names;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints", missing)) {
    if (is_checkpoint(entry.path())) names.push_back(entry.path().filename().native());
  }
  std::ranges::sort(names, {}, step_of_checkpoint);
  return names;
}

std::vector<std::string> phases_of(const fs::path& run) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(run)) {
    if (entry.path().extension() == ".safetensors") names.push_back(entry.path().stem().native());
  }
  std::ranges::sort(names);
  return names;
}

// The possible values of --checkpoint, for messages.
std::string choices_of(const fs::path& run) {
  std::vector<std::string> choices;
  const auto add = [&](const std::string& name) { choices.push_back(printable(name)); };
  const auto checkpoints = checkpoints_of(run);
  if (!checkpoints.empty()) add("last");
  if (is_file(run / "checkpoints" / kBestFile)) add("best");
  for (const auto& name : phases_of(run)) add(name);
  for (const auto& name : checkpoints) add(name);
  return fmt::format("--checkpoint {}", fmt::join(choices, ", "));
}

fs::path best_checkpoint(const fs::path& run) {
  const fs::path file = run / "checkpoints" / kBestFile;
  require(is_file(file),
          "{}: no best checkpoint is recorded (checkpoints/best.json is missing); available: {}",
          printable(run.native()), choices_of(run));
  const auto best = read_best(run / "checkpoints");
  require(best.has_value(), "{}: damaged: expected {{\"checkpoint\": \"step-000000120\"}}", printable(file.native()));
  const fs::path folder = run / "checkpoints" / best->name;
  require(is_checkpoint(folder), "{}: names the checkpoint {}, which does not exist; available: {}",
          printable(file.native()), printable(folder.filename().native()), choices_of(run));
  return folder / kModelFile;
}

// The weights of a phase differ from those of its last checkpoint if an earlier one was better. Returns nullopt if the
// phase of the newest checkpoint is not over.
std::optional<fs::path> result_at(const fs::path& run, const std::string& newest) {
  const fs::path folder = run / "checkpoints" / newest;
  if (!path_exists(folder / kStateFile)) return std::nullopt;
  const auto state = read_state(folder);
  const auto phase = state.find("phase");
  if (phase == state.end() || !phase->is_string()) return std::nullopt;
  const fs::path weights = run / (phase->get<std::string>() + ".safetensors");
  if (!is_file(weights)) return std::nullopt;
  const auto metadata = read_safetensors_metadata(weights);
  const auto step = metadata.find(kGlobalStep);
  if (step == metadata.end() || step->second != std::to_string(*step_of_checkpoint(newest))) return std::nullopt;
  return weights;
}

void require_weights(const fs::path& run) {
  if (!checkpoints_of(run).empty() || !phases_of(run).empty()) return;
  const std::string shown = printable(run.native());
  require(path_exists(run / "options.toml"), "{}: contains no checkpoint and no weights; it is not a run directory",
          shown);
  fail("{}: the run has not written a checkpoint yet; massface train --resume {} continues it", shown, shown);
}

fs::path find_weights(const fs::path& run_or_weights, const std::string& checkpoint) {
  const std::string shown = printable(run_or_weights.native());
  std::error_code unreachable;
  require(fs::exists(run_or_weights, unreachable), "{}: no such file or run directory", shown);
  if (!is_folder(run_or_weights) || is_file(run_or_weights / kModelFile)) {
    require(checkpoint.empty(),
            "{}: is one set of weights, so --checkpoint {} has nothing to choose from; leave it out", shown,
            printable(checkpoint));
    return is_folder(run_or_weights) ? run_or_weights / kModelFile : run_or_weights;
  }
  require_weights(run_or_weights);
  if (checkpoint.empty() || checkpoint == "last") {
    const auto checkpoints = checkpoints_of(run_or_weights);
    require(!checkpoints.empty(), "{}: has no checkpoint; available: {}", shown, choices_of(run_or_weights));
    const auto result = checkpoint.empty() ? result_at(run_or_weights, checkpoints.back()) : std::nullopt;
    if (result) return *result;
    return run_or_weights / "checkpoints" / checkpoints.back() / kModelFile;
  }
  if (checkpoint == "best") return best_checkpoint(run_or_weights);
  const fs::path step = run_or_weights / "checkpoints" / checkpoint;
  if (is_checkpoint(step)) return step / kModelFile;
  const fs::path phase = run_or_weights / (checkpoint + ".safetensors");
  require(is_file(phase), "{}: has no weights called {}; available: {}", shown, printable(checkpoint),
          choices_of(run_or_weights));
  return phase;
}

// Weights that were corrupted on disk still make a network, but a bad one.
void require_undamaged(const fs::path& weights) {
  const fs::path folder = weights.parent_path();
  if (weights.filename() != kModelFile || !path_exists(folder / kStateFile)) return;
  require_as_written(folder, read_state(folder), kModelFile);
}

}  // namespace

fs::path run_of_weights(const fs::path& run_or_weights) {
  const fs::path path = without_final_slash(absolute_path(run_or_weights));
  const fs::path folder = is_folder(path) ? path : path.parent_path();
  return folder.parent_path().filename() == "checkpoints" ? folder.parent_path().parent_path() : folder;
}

fs::path find_run_weights(const fs::path& run_or_weights, const std::string& checkpoint) {
  const fs::path weights = find_weights(run_or_weights, checkpoint);
  require_undamaged(weights);
  return weights;
}

bool has_checkpoints(const fs::path& run) { return !checkpoints_of(run).empty(); }

}  // namespace massface
