#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace massface {

// The files of RUN/checkpoints/step-000000500 (docs/formats/run_directory.md). state.json is written last and has the
// size and the hash of the other two.
inline constexpr char kModelFile[] = "model.safetensors";
inline constexpr char kTrainingFile[] = "training.safetensors";
inline constexpr char kStateFile[] = "state.json";

// "step-000000500"
std::string checkpoint_name(int64_t global_step);

// Returns the step in such a name; nullopt for any other name, such as that of an unfinished "step-000000500.partial".
std::optional<int64_t> step_of_checkpoint(const std::string& name);

// RUN/checkpoints/best.json: {"checkpoint": "step-000000500", "validation_accuracy": 0.93}
inline constexpr char kBestFile[] = "best.json";
struct BestCheckpoint {
  std::string name;
  double validation_accuracy = -1;
};

// Returns nullopt if best.json is missing or cannot be parsed. checkpoints: RUN/checkpoints.
std::optional<BestCheckpoint> read_best(const std::filesystem::path& checkpoints);

// Returns {"bytes": ..., "xxh3": ...} of the file.
nlohmann::ordered_json fingerprint_of(const std::filesystem::path& file);

// Reads a checkpoint's state.json. Throws Error as fail_damaged() does if it is missing or is not such a file.
nlohmann::ordered_json read_state(const std::filesystem::path& checkpoint);

// Throws Error as fail_damaged() does unless the file has the size and the hash that `state` records for it.
void require_as_written(const std::filesystem::path& checkpoint, const nlohmann::ordered_json& state,
                        const std::string& file);

// Throws Error, which states the damaged checkpoint, what is wrong with it and what to do.
[[noreturn]] void fail_damaged(const std::filesystem::path& checkpoint, const std::string& what);

}  // namespace massface
