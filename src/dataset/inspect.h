#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/options.h"
#include "dataset/dataset.h"
#include "dataset/equal_images.h"
#include "dataset/unreadable_image.h"

namespace massface {

struct InspectOptions {
  std::string data;                // as for open_dataset()
  bool scan_only = false;          // count the files without decoding them
  bool cache = true;               // use and keep the scan of the folders
  int64_t threads = 0;             // for decoding; 0: one per available core
  std::string same_names = "ask";  // as for parse_same_names()

  void describe(OptionTable& table);
};

// The number of identities with `from` to `to` images, both inclusive, and the number of all their images.
struct ImagesPerIdentityBucket {
  int64_t from = 0;
  int64_t to = 0;
  int64_t identities = 0;
  int64_t images = 0;
};

struct ImageSizeCount {
  int64_t width = 0;  // pixels
  int64_t height = 0;
  int64_t images = 0;
};

// "faces.mfp: one of the bytes 256 to 5017 (image 0 (ada/1.jpg))".
std::string to_line(const DamagedBytes& damage);

struct DatasetSummary {
  int64_t identities = 0;
  int64_t images = 0;
  uint64_t fingerprint = 0;
  int64_t min_images_per_identity = 0;
  double median_images_per_identity = 0;
  double mean_images_per_identity = 0;
  int64_t max_images_per_identity = 0;
  std::vector<ImagesPerIdentityBucket> histogram;  // ascending, from the first to the last non-empty bucket
  std::vector<std::string> left_out;               // Dataset::left_out()
  SharedNames shared_names;                        // Dataset::shared_names()

  // Filled in if the images were decoded; otherwise 0 and empty.
  bool images_were_read = false;
  int64_t jpeg_images = 0;
  int64_t png_images = 0;
  int64_t webp_images = 0;
  int64_t raw_images = 0;                   // stored decoded (image/raw_image.h)
  std::vector<ImageSizeCount> sizes;        // of the readable images, most frequent first
  std::vector<UnreadableImage> unreadable;  // in the order of the images
  EqualImageCounts equal;                   // among the readable images
  std::vector<DamagedBytes> damage;         // of a packed set, by file and position; includes images
};

// Counts the set and, if read_images, decodes all its images on `threads` threads (at least 1). The result does not
// depend on the number of threads. The dataset must have at least one image, which open_dataset() ensures.
DatasetSummary inspect_dataset(const Dataset& dataset, bool read_images, int64_t threads);

// Formats the summary as a table of several lines for human readers. Lists at most `most_listed` sizes, unreadable
// images and damaged parts each.
std::string summary_table(const DatasetSummary& summary, int64_t most_listed = 20);

}  // namespace massface
