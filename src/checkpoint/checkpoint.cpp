#include "checkpoint/checkpoint.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "checkpoint/checkpoint_files.h"
#include "core/error.h"
#include "core/failpoint.h"
#include "core/files.h"
#include "core/flush.h"
#include "core/json_number.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "massface-checkpoint-1";
constexpr const char* kParts[] = {kModelFile, kTrainingFile};

Json to_json(const Checkpoint& checkpoint) {
  const RunPosition& position = checkpoint.position;
  Json state = {{"format", kFormat},
                {"phase", position.phase},
                {"phase_index", position.phase_index},
                {"phase_step", position.phase_step},
                {"phase_steps", position.phase_steps},
                {"global_step", position.global_step},
                {"conditions", checkpoint.conditions},
                {"recipe", checkpoint.recipe}};
  if (checkpoint.validation_accuracy) state["validation_accuracy"] = *checkpoint.validation_accuracy;
  return state;
}

int64_t count_in(const Json& state, const char* key) {
  const auto count = whole_number(state.at(key), 0);
  require(count.has_value(), "\"{}\" of {} is {}, not a count", key, kStateFile, state.at(key).dump().substr(0, 100));
  return *count;
}

Checkpoint from_json(const Json& state) {
  require(state.value("format", "") == kFormat, "{} is not of the format {}", kStateFile, kFormat);
  Checkpoint checkpoint;
  checkpoint.position = {.phase_index = count_in(state, "phase_index"),
                         .phase = state.at("phase"),
                         .phase_step = count_in(state, "phase_step"),
                         // Absent from older checkpoints.
                         .phase_steps = state.contains("phase_steps") ? count_in(state, "phase_steps") : 0,
                         .global_step = count_in(state, "global_step")};
  checkpoint.conditions = state.at("conditions");
  if (state.contains("recipe")) checkpoint.recipe = state["recipe"];  // absent from older checkpoints
  if (state.contains("validation_accuracy")) checkpoint.validation_accuracy = state["validation_accuracy"];
  return checkpoint;
}

Checkpoint read_checkpoint(const fs::path& folder) {
  const Json state = read_state(folder);
  for (const char* part : kParts) require_as_written(folder, state, part);
  try {
    Checkpoint checkpoint = from_json(state);
    checkpoint.model = read_safetensors(folder / kModelFile);
    checkpoint.training = read_safetensors(folder / kTrainingFile);
    return checkpoint;
  } catch (const Json::exception&) {
    fail_damaged(folder, fmt::format("an entry of {} is missing or has the wrong type", kStateFile));
  } catch (const Error& error) {
    fail_damaged(folder, error.what());
  }
}

}  // namespace

// Three parts, each after its length in decimal digits and a line feed: the state as JSON, and the two files.
std::string to_bytes(const Checkpoint& checkpoint) {
  std::string bytes;
  const auto add = [&](const auto& part) {
    bytes += std::to_string(part.size()) + "\n";
    bytes.append(part.begin(), part.end());
  };
  add(to_json(checkpoint).dump());
  add(encode_safetensors(checkpoint.model));
  add(encode_safetensors(checkpoint.training));
  return bytes;
}

Checkpoint checkpoint_of(const std::string& bytes) {
  size_t at = 0;
  const auto next = [&] {
    const size_t line = bytes.find('\n', at);
    const auto length = static_cast<size_t>(std::stoll(bytes.substr(at, line - at)));
    at = line + 1 + length;
    return bytes.substr(line + 1, length);
  };
  const auto tensors = [&] {
    const std::string part = next();
    return decode_safetensors({reinterpret_cast<const uint8_t*>(part.data()), part.size()}, "the first process");
  };
  Checkpoint checkpoint = from_json(Json::parse(next()));
  checkpoint.model = tensors();
  checkpoint.training = tensors();
  return checkpoint;
}

void CheckpointOptions::describe(OptionTable& table) {
  table.add("every_steps", every_steps, {.min = 1, .max = 1e9},
            "Steps of a phase between two checkpoints. One is also written at the end of the phase.");
  table.add("keep", keep, {.min = 1, .max = 1e6}, "Number of newest checkpoints to keep, in addition to the best one.");
}

CheckpointStore::CheckpointStore(fs::path run_directory, CheckpointOptions options)
    : folder_(std::move(run_directory) / "checkpoints"), options_(options) {
  create_directories_or_fail(folder_);
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().extension() == ".partial") fs::remove_all(entry.path());
  }
  replace_stale_best();
}

// When the best checkpoint is removed by hand, best.json still has its accuracy, which no later one might reach.
void CheckpointStore::replace_stale_best() const {
  if (!path_exists(folder_ / kBestFile)) return;
  if (const auto best = read_best(folder_); best && path_exists(folder_ / best->name)) return;
  fs::remove(folder_ / kBestFile);
  for (const int64_t step : steps()) {
    try {
      const Json state = read_state(folder_of(step));
      const auto accuracy = state.find("validation_accuracy");
      if (accuracy != state.end() && accuracy->is_number()) update_best(step, *accuracy);
    } catch (const Error&) {
      // A damaged checkpoint is not a candidate; it is reported when it is to be used.
    }
  }
}

fs::path CheckpointStore::folder_of(int64_t global_step) const { return folder_ / checkpoint_name(global_step); }

std::vector<int64_t> CheckpointStore::steps() const {
  std::vector<int64_t> steps;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (const auto step = step_of_checkpoint(entry.path().filename().native())) steps.push_back(*step);
  }
  std::ranges::sort(steps);
  return steps;
}

void CheckpointStore::save(const Checkpoint& checkpoint) {
  const fs::path folder = folder_of(checkpoint.position.global_step);
  if (!path_exists(folder)) {
    failpoint("checkpoint.begin");
    write_directory_atomically(folder, [&](const fs::path& partial) {
      write_safetensors(partial / kModelFile, checkpoint.model);
      failpoint("checkpoint.model_written");
      write_safetensors(partial / kTrainingFile, checkpoint.training);
      Json state = to_json(checkpoint);
      for (const char* part : kParts) state["files"][part] = fingerprint_of(partial / part);
      write_file_atomically(partial / kStateFile, state.dump(2) + "\n");
      failpoint("checkpoint.before_rename");
    });
    failpoint("checkpoint.after_rename");
  }
  if (checkpoint.validation_accuracy) update_best(checkpoint.position.global_step, *checkpoint.validation_accuracy);
  failpoint("checkpoint.before_prune");
  prune();
}

void CheckpointStore::record_accuracy(int64_t global_step, double accuracy) {
  const fs::path folder = folder_of(global_step);
  Json state = read_state(folder);
  state["validation_accuracy"] = accuracy;
  write_file_atomically(folder / kStateFile, state.dump(2) + "\n");
  failpoint("checkpoint.accuracy_recorded");
  update_best(global_step, accuracy);
  prune();
}

void CheckpointStore::update_best(int64_t global_step, double accuracy) const {
  // The older of two equally good checkpoints is kept, so that a resumed run does not choose differently.
  if (const auto best = read_best(folder_); best && best->validation_accuracy >= accuracy) return;
  const Json best = {{"checkpoint", checkpoint_name(global_step)}, {"validation_accuracy", accuracy}};
  write_file_atomically(folder_ / kBestFile, best.dump(2) + "\n");
}

void CheckpointStore::prune() const {
  std::vector<int64_t> all = steps();
  if (static_cast<int64_t>(all.size()) <= options_.keep) return;
  all.resize(all.size() - static_cast<size_t>(options_.keep));
  const auto best = read_best(folder_);
  for (const int64_t step : all) {
    const fs::path folder = folder_of(step);
    if (best && folder.filename().native() == best->name) continue;
    // Renamed first: neither a process killed while it deletes nor a power cut must leave an incomplete folder under a
    // complete one's name.
    const fs::path doomed = folder.native() + ".partial";
    std::error_code ignored;
    fs::rename(folder, doomed, ignored);
    if (ignored) continue;
    flush_to_disk(folder_);
    failpoint("checkpoint.pruning");
    fs::remove_all(doomed, ignored);
  }
}

std::optional<Checkpoint> CheckpointStore::newest() const {
  const auto all = steps();
  if (all.empty()) return std::nullopt;
  return read_checkpoint(folder_of(all.back()));
}

}  // namespace massface
