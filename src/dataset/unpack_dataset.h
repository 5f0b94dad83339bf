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
  double max_bad_fraction = 0.01;  // of the images; unpacking fails if more cannot be read
  int64_t threads = 0;             // for reading and writing; 0: one per available core

  void describe(OptionTable& table);
};

struct UnpackResult {
  int64_t identities = 0;
  int64_t images = 0;
  int64_t renamed = 0;                    // folders and files whose names could not be kept
  std::vector<UnreadableImage> left_out;  // in the order of the images
};

// Writes the set as a folder of identity folders, which appears completely or not at all. Images are written byte for
// byte, raw ones as PNG. Images are not decoded to check them; those without an image's first bytes, or whose checksum
// does not match, are left out. Throws Error if `folder` exists or cannot be created, or if too many images are left
// out.
UnpackResult unpack_dataset(const Dataset& dataset, const std::filesystem::path& folder, const UnpackOptions& options,
                            const PackProgress& progress = {});

}  // namespace massface
