#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace massface {

// The files of RUN/checkpoints/step-000000500 (docs/formats/run_directory.md). state.json is written last and holds the
// size and the hash of the other two.
inline constexpr char kModelFile[] = "model.safetensors";
inline constexpr char kTrainingFile[] = "training.safetensors";
inline constexpr char kStateFile[] = "state.json";

// "step-000000500"
std::string checkpoint_name(int64_t global_step);

// The step of such a name; nothing for another one (a half-written "step-000000500.partial" among them).
std::optional<int64_t> step_of_checkpoint(const std::string& name);

// RUN/checkpoints/best.json: {"checkpoint": "step-000000500", "validation_accuracy": 0.93}
inline constexpr char kBestFile[] = "best.json";
struct BestCheckpoint {
  std::string name;
  double validation_accuracy = -1;
};

// Nothing where there is no best.json or none that can be understood. checkpoints: RUN/checkpoints.
std::optional<BestCheckpoint> read_best(const std::filesystem::path& checkpoints);

// {"bytes": ..., "xxh3": ...}
nlohmann::ordered_json fingerprint_of(const std::filesystem::path& file);

// What a checkpoint's state.json holds. Throws Error, in the words of fail_damaged(), where it is no such file.
nlohmann::ordered_json read_state(const std::filesystem::path& checkpoint);

// Throws Error, in the words of fail_damaged(), unless the file is the one that the state speaks of.
void require_as_written(const std::filesystem::path& checkpoint, const nlohmann::ordered_json& state,
                        const std::string& file);

// Throws Error: which checkpoint is damaged, what is wrong with it and what to do.
[[noreturn]] void fail_damaged(const std::filesystem::path& checkpoint, const std::string& what);

}  // namespace massface
