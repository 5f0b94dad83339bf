#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/file_lock.h"
#include "recipe/recipe.h"

namespace massface {

// What one training leaves behind:
//   options.toml      the resolved recipe, readable as one
//   log.txt, metrics.jsonl, tensorboard/, bad_images.txt
//   checkpoints/      see checkpoint/checkpoint.h
//   PHASE.safetensors the weights at the end of each phase
//   result.json       what the training came to, written when it ends
struct RunDirectory {
  std::filesystem::path path;

  std::filesystem::path options() const { return path / "options.toml"; }
  std::filesystem::path log() const { return path / "log.txt"; }
  std::filesystem::path bad_images() const { return path / "bad_images.txt"; }
  std::filesystem::path lock() const { return path / "lock"; }
  std::filesystem::path metrics() const { return path / "metrics.jsonl"; }
  std::filesystem::path result() const { return path / "result.json"; }
  std::filesystem::path weights_of(const std::string& phase) const { return path / (phase + ".safetensors"); }
};

// Throws Error when another process trains into the same run, or the folder cannot be written.
class RunLock {
 public:
  explicit RunLock(const RunDirectory& run);

 private:
  FileLock lock_;
};

// Throws Error when the path exists already: a run is continued with --resume, never overwritten.
void require_new_run_directory(const std::filesystem::path& path);

// Makes the folder and writes options.toml. path empty: runs/RECIPE-1, or the first number that is free.
// Throws Error as above.
RunDirectory create_run_directory(const std::filesystem::path& path, const std::filesystem::path& recipe_file,
                                  const Recipe& recipe);

// Throws Error when the path is not a run directory.
RunDirectory open_run_directory(const std::filesystem::path& path);

// Throws Error for a run that has no checkpoint although it has come past its first: beginning it again is not what
// --resume promises, and would replace what it holds. A run that was stopped before has nothing to lose.
void require_checkpoints_not_lost(const RunDirectory& run);

// The run's own recipe with overrides, or another recipe file. Lengths of phases, phases appended, and what does not
// touch the result (checkpoints, telemetry, threads, paths) may change; throws Error that names anything else that
// does, unless allow_inexact.
Recipe recipe_to_resume(const RunDirectory& run, const std::filesystem::path& recipe_file,
                        const std::vector<std::string>& overrides, bool allow_inexact);

}  // namespace massface
