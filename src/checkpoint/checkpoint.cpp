#include "checkpoint/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/failpoint.h"
#include "core/files.h"
#include "core/hash.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "massface-checkpoint-1";
constexpr const char* kParts[] = {"model.safetensors", "training.safetensors"};

// The step of "step-000000500", or nothing for another name (a half-written ".partial" among them).
std::optional<int64_t> step_of(const std::string& name) {
  constexpr std::string_view prefix = "step-";
  if (!name.starts_with(prefix)) return std::nullopt;
  int64_t step = 0;
  const auto [end, error] = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), step);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return step;
}

Json fingerprint_of(const fs::path& file) {
  const auto bytes = read_file(file);
  return {{"bytes", bytes.size()}, {"xxh3", hex(hash64(bytes))}};
}

Json to_json(const Checkpoint& checkpoint) {
  const RunPosition& position = checkpoint.position;
  Json state = {{"format", kFormat},
                {"phase", position.phase},
                {"phase_index", position.phase_index},
                {"phase_step", position.phase_step},
                {"global_step", position.global_step},
                {"conditions", checkpoint.conditions}};
  if (checkpoint.validation_accuracy) state["validation_accuracy"] = *checkpoint.validation_accuracy;
  return state;
}

Checkpoint from_json(const Json& state) {
  Checkpoint checkpoint;
  checkpoint.position = {.phase_index = state.at("phase_index"),
                         .phase = state.at("phase"),
                         .phase_step = state.at("phase_step"),
                         .global_step = state.at("global_step")};
  checkpoint.conditions = state.at("conditions");
  if (state.contains("validation_accuracy")) checkpoint.validation_accuracy = state["validation_accuracy"];
  return checkpoint;
}

[[noreturn]] void fail_damaged(const fs::path& folder, const std::string& what) {
  fail(
      "the checkpoint {} is damaged: {}. Remove that folder to continue from the one before it; nothing else was "
      "touched",
      printable(folder.native()), what);
}

Checkpoint read_checkpoint(const fs::path& folder) {
  try {
    const Json state = Json::parse(read_text_file(folder / "state.json"));
    require(state.value("format", "") == kFormat, "state.json is not of the format {}", kFormat);
    for (const char* part : kParts) {
      require(fingerprint_of(folder / part) == state.at("files").at(part), "{} is not the file that was written", part);
    }
    Checkpoint checkpoint = from_json(state);
    checkpoint.model = read_safetensors(folder / kParts[0]);
    checkpoint.training = read_safetensors(folder / kParts[1]);
    return checkpoint;
  } catch (const Json::exception& error) {
    fail_damaged(folder, std::string("state.json: ") + error.what());
  } catch (const Error& error) {
    fail_damaged(folder, error.what());
  }
}

}  // namespace

void CheckpointOptions::describe(OptionTable& table) {
  table.add("every_steps", every_steps, {.min = 1},
            "Write a checkpoint after so many steps of a phase; one is also written at its end.");
  table.add("keep", keep, {.min = 1}, "Keep the newest so many checkpoints, and the best one besides.");
}

CheckpointStore::CheckpointStore(fs::path run_directory, CheckpointOptions options)
    : folder_(std::move(run_directory) / "checkpoints"), options_(options) {
  create_directories_or_fail(folder_);
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (entry.path().extension() == ".partial") fs::remove_all(entry.path());
  }
}

fs::path CheckpointStore::folder_of(int64_t global_step) const {
  return folder_ / fmt::format("step-{:09}", global_step);
}

std::vector<int64_t> CheckpointStore::steps() const {
  std::vector<int64_t> steps;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    if (const auto step = step_of(entry.path().filename().native())) steps.push_back(*step);
  }
  std::ranges::sort(steps);
  return steps;
}

void CheckpointStore::save(const Checkpoint& checkpoint) {
  const fs::path folder = folder_of(checkpoint.position.global_step);
  if (!fs::exists(folder)) {
    failpoint("checkpoint.begin");
    write_directory_atomically(folder, [&](const fs::path& partial) {
      write_safetensors(partial / kParts[0], checkpoint.model);
      failpoint("checkpoint.model_written");
      write_safetensors(partial / kParts[1], checkpoint.training);
      Json state = to_json(checkpoint);
      for (const char* part : kParts) state["files"][part] = fingerprint_of(partial / part);
      write_file_atomically(partial / "state.json", state.dump(2) + "\n");
      failpoint("checkpoint.before_rename");
    });
    failpoint("checkpoint.after_rename");
  }
  update_best(checkpoint);
  failpoint("checkpoint.before_prune");
  prune();
}

void CheckpointStore::update_best(const Checkpoint& checkpoint) {
  if (!checkpoint.validation_accuracy) return;
  const fs::path file = folder_ / "best.json";
  if (fs::exists(file)) {
    const Json best = Json::parse(read_text_file(file), nullptr, /*allow_exceptions=*/false);
    // Of two equally good ones the older stays: a resumed run must not change its mind.
    if (best.is_object() && best.value("validation_accuracy", -1.0) >= *checkpoint.validation_accuracy) return;
  }
  const Json best = {{"checkpoint", folder_of(checkpoint.position.global_step).filename().native()},
                     {"validation_accuracy", *checkpoint.validation_accuracy}};
  write_file_atomically(file, best.dump(2) + "\n");
}

void CheckpointStore::prune() const {
  std::vector<int64_t> all = steps();
  if (static_cast<int64_t>(all.size()) <= options_.keep) return;
  all.resize(all.size() - static_cast<size_t>(options_.keep));
  std::string best;
  if (const fs::path file = folder_ / "best.json"; fs::exists(file)) {
    const Json json = Json::parse(read_text_file(file), nullptr, /*allow_exceptions=*/false);
    if (json.is_object()) best = json.value("checkpoint", "");
  }
  for (const int64_t step : all) {
    const fs::path folder = folder_of(step);
    if (folder.filename().native() == best) continue;
    // Renamed first: a process killed while it deletes must not leave a half folder under a complete one's name.
    const fs::path doomed = folder.native() + ".partial";
    std::error_code ignored;
    fs::rename(folder, doomed, ignored);
    fs::remove_all(doomed, ignored);
  }
}

std::optional<Checkpoint> CheckpointStore::newest() const {
  const auto all = steps();
  if (all.empty()) return std::nullopt;
  return read_checkpoint(folder_of(all.back()));
}

}  // namespace massface
