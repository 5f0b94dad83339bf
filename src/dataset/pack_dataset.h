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
  bool check_images = true;        // decode every image to see whether it can be; without, read its header
  double max_bad_fraction = 0.01;  // of the images; more unreadable ones end it
  int64_t threads = 0;             // that read and decode; 0: every core

  void describe(OptionTable& table);
};

// "4G", "500M", "64k" or "123456" (powers of 1024) in bytes; "" is 0. Throws Error.
uint64_t parse_shard_size(const std::string& text);

// How many images are done, of how many. What it throws ends the work, which leaves nothing.
using PackProgress = std::function<void(int64_t done, int64_t total)>;

struct PackResult {
  PackedSetWriter::Written written;
  std::vector<UnreadableImage> left_out;  // in the order of the images
  int64_t identities_left_out = 0;        // that have no readable image
};

// Packs every readable image of the set, in its order and under its names. Images of the packed set are those of
// `dataset` byte for byte or, with decode, as raw images. Throws Error: `path` exists or cannot be made, no image is
// readable, or too many are not.
PackResult pack_dataset(const Dataset& dataset, const std::filesystem::path& path, const PackOptions& options,
                        const PackProgress& progress = {});

}  // namespace massface
