#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "core/options.h"

namespace massface {

// The recipe of a synthetic face set. The test people do not depend on the number of training people, so results on
// sets with the same seed can be compared.
struct SyntheticDatasetOptions {
  int64_t identities = 500;
  int64_t images_per_identity = 12;
  int64_t test_identities = 200;
  int64_t test_images_per_identity = 4;
  int64_t pairs_per_fold = 30;
  int64_t seed = 1;
  bool photographs = false;  // instead of aligned faces, photographs with their landmarks
  double bystanders = 0.2;   // the share of photographs that may show other people, too

  void describe(OptionTable& table);
};

struct SyntheticDataset {
  std::filesystem::path train_directory;  // ID/ID_0001.jpg, for training
  std::filesystem::path test_directory;   // likewise, of people who are not in training
  std::filesystem::path pairs_file;       // LFW's format, 10 folds; no person is in two of them
  std::filesystem::path landmarks_file;   // for `massface align --landmarks`; empty without photographs
  int64_t identities = 0;                 // to train on
  int64_t test_identities = 0;
  int64_t images = 0;  // of all people
  int64_t pairs = 0;
};

// Called with the number of images written so far and their total, by one thread at a time. An exception that it throws
// ends the drawing.
using SyntheticProgress = std::function<void(int64_t done, int64_t total)>;

// Draws the set into `directory` on all available cores; the bytes depend only on the options. The folder appears
// completely or not at all. With photographs it also contains landmarks.csv (docs/formats/landmarks.md), which names
// each file by its path below train/ or test/. Throws Error if the folder exists and is not empty or cannot be created,
// if bystanders are requested for aligned faces, or if there are not enough different pairs; Failure if the disk is
// full; and whatever `progress` throws.
SyntheticDataset write_synthetic_dataset(const std::filesystem::path& directory, const SyntheticDatasetOptions& options,
                                         const SyntheticProgress& progress = {});

}  // namespace massface
