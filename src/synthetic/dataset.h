#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "core/options.h"

namespace massface {

// The recipe of a synthetic face set. The people tested are the same for every number of training people, so results of
// sets with one seed can be compared.
struct SyntheticDatasetOptions {
  int64_t identities = 500;
  int64_t images_per_identity = 12;
  int64_t test_identities = 200;
  int64_t test_images_per_identity = 4;
  int64_t pairs_per_fold = 30;
  int64_t seed = 1;
  bool photographs = false;  // as they are before alignment, with their landmarks
  double bystanders = 0.2;   // the share of photographs that may show others, too

  void describe(OptionTable& table);
};

struct SyntheticDataset {
  std::filesystem::path train_directory;  // ID/ID_0001.jpg, training
  std::filesystem::path test_directory;   // the same, people that are not in training
  std::filesystem::path pairs_file;       // LFW's format, 10 folds of people that no other fold has
  std::filesystem::path landmarks_file;   // of photographs, for `massface align --landmarks`; empty without
  int64_t identities = 0;                 // to train on
  int64_t test_identities = 0;
  int64_t images = 0;  // of all people
  int64_t pairs = 0;
};

// Images written so far and in all; called from one thread at a time. What it throws ends the drawing.
using SyntheticProgress = std::function<void(int64_t done, int64_t total)>;

// Draws the set into `directory` with all available cores; the bytes depend on the options alone. The folder appears
// whole or not at all. Photographs also get landmarks.csv (docs/formats/landmarks.md), whose files are named by their
// path below train/ or test/. Throws Error when it exists and is not empty or cannot be made, when bystanders are asked
// for beside aligned faces, or when so many different pairs do not exist; Failure when the disk is full; what
// `progress` throws.
SyntheticDataset write_synthetic_dataset(const std::filesystem::path& directory, const SyntheticDatasetOptions& options,
                                         const SyntheticProgress& progress = {});

}  // namespace massface
