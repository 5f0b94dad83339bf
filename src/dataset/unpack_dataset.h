#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/options.h"
#include "dataset/dataset.h"
#include "dataset/inspect.h"
#include "dataset/pack_dataset.h"

namespace massface {

struct UnpackOptions {
  double max_bad_fraction = 0.01;  // of the images; more that cannot be read end it
  int64_t threads = 0;             // that read and write; 0: every core

  void describe(OptionTable& table);
};

struct UnpackResult {
  int64_t identities = 0;
  int64_t images = 0;
  int64_t renamed = 0;                    // folders and files whose names could not be kept
  std::vector<UnreadableImage> left_out;  // in the order of the images
};

// Writes the set as a folder of identity folders, which appears whole or not at all: every image's bytes as they are,
// raw ones as PNG. Images are not decoded to look whether they can be; those without an image's first bytes, or with
// another checksum than was written, are left out. Throws Error: `folder` exists or cannot be made, or too many images
// are left out.
UnpackResult unpack_dataset(const Dataset& dataset, const std::filesystem::path& folder, const UnpackOptions& options,
                            const PackProgress& progress = {});

}  // namespace massface
