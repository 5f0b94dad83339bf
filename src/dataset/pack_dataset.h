#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/options.h"
#include "dataset/dataset.h"
#include "dataset/inspect.h"
#include "dataset/packed_set.h"

namespace massface {

struct PackOptions {
  bool decode = false;             // raw images instead of JPEG, PNG and WebP
  std::string shard_size;          // "4G"; "": one file
  bool check_images = true;        // decode every image to check it; false: read only its header
  double max_bad_fraction = 0.01;  // of the images; packing fails if more are unreadable
  int64_t threads = 0;             // for reading and decoding; 0: one per available core

  void describe(OptionTable& table);
};

// Converts "4G", "500M", "64k" or "123456" (powers of 1024) to bytes; "" is 0. Throws Error.
uint64_t parse_shard_size(const std::string& text);

// Called with the number of images done and their total. An exception that it throws ends the work, which then leaves
// no file.
using PackProgress = std::function<void(int64_t done, int64_t total)>;

struct PackResult {
  PackedSetWriter::Written written;
  std::vector<UnreadableImage> left_out;  // in the order of the images
  int64_t identities_left_out = 0;        // those without a readable image
};

// Packs every readable image of the set, in its order and under its names. The packed images are those of `dataset`
// byte for byte or, with decode, raw images. Throws Error if `path` exists or cannot be created, if no image is
// readable, or if too many are unreadable.
PackResult pack_dataset(const Dataset& dataset, const std::filesystem::path& path, const PackOptions& options,
                        const PackProgress& progress = {});

}  // namespace massface
