#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/file_lock.h"
#include "recipe/recipe.h"

namespace massface {

// The files that a training run leaves behind:
//   options.toml      the resolved recipe, which can be used as a recipe
//   lists/            copies of the list files of dataset.path, which options.toml names instead
//   log.txt, metrics.jsonl, tensorboard/, bad_images.txt
//   checkpoints/      see checkpoint/checkpoint.h
//   PHASE.safetensors the weights at the end of each phase
//   evaluations/      what `massface evaluate --record` measured
//   result.json       the result of the training, written when it ends
struct RunDirectory {
  std::filesystem::path path;

  std::filesystem::path options() const { return path / "options.toml"; }
  std::filesystem::path log() const { return path / "log.txt"; }
  std::filesystem::path bad_images() const { return path / "bad_images.txt"; }
  std::filesystem::path lists() const { return path / "lists"; }
  std::filesystem::path lock() const { return path / "lock"; }
  std::filesystem::path metrics() const { return path / "metrics.jsonl"; }
  std::filesystem::path evaluations() const { return path / "evaluations"; }
  std::filesystem::path result() const { return path / "result.json"; }
  // See PhaseBest.
  std::filesystem::path best_of(const std::string& phase) const {
    return path / "checkpoints" / (phase + "-best.safetensors");
  }
  std::filesystem::path weights_of(const std::string& phase) const { return path / (phase + ".safetensors"); }
};

// A run directory in which only this training works, as long as the object or a copy of it exists. Whatever reads its
// files in order to train, or writes them, needs one.
struct LockedRun : RunDirectory {
  // Locks the run. Throws Error if another training works in the directory, or if it cannot be written.
  explicit LockedRun(const RunDirectory& run);
  // For the other processes of a training whose first one has locked the run. They write nothing in it, and their
  // machine may not even have it.
  static LockedRun of_first_process(const std::filesystem::path& path);

  bool writes() const { return file_lock != nullptr; }

  std::shared_ptr<const FileLock> file_lock;

 private:
  LockedRun() = default;
};

// Throws Error if the path already exists: a run is continued with --resume, never overwritten. An empty folder is no
// run, nor is the folder of a start that was killed before it had written its options.
void require_new_run_directory(const std::filesystem::path& path);

// Creates the folder, unless it exists but holds no run, locks it and writes options.toml and copies of list files. An
// empty path stands for runs/RECIPE-N with the first free N from 1. Of several processes that ask for the same path,
// one gets it; the others change nothing in it and throw Error, as require_new_run_directory() does, or take the next
// free N.
LockedRun create_run_directory(const std::filesystem::path& path, const std::filesystem::path& recipe_file,
                               const Recipe& recipe);

// Throws Error if the path is not a run directory.
RunDirectory open_run_directory(const std::filesystem::path& path);

// Throws Error for a run that has no checkpoint although it has got past its first one: starting it over is not what
// --resume promises, and would replace what the run holds. A run that was stopped earlier has nothing to lose.
void require_checkpoints_not_lost(const RunDirectory& run);

// Returns the run's own recipe, or that of another recipe file, with the overrides applied. Lengths of phases and
// options that do not affect the result (checkpoints, telemetry, threads, paths) may change, and phases may be
// appended. Throws Error that names any other change, unless allow_inexact. Another network or other earlier phases are
// always an Error.
Recipe recipe_to_resume(const RunDirectory& run, const std::filesystem::path& recipe_file,
                        const std::vector<std::string>& overrides, bool allow_inexact);

}  // namespace massface
