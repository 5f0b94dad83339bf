#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/options.h"
#include "dataset/dataset.h"

namespace massface {

struct InspectOptions {
  std::string data;        // what open_dataset takes
  bool scan_only = false;  // count files, decode none
  bool cache = true;       // use and keep the scan of the folders
  int64_t threads = 0;     // that decode; 0: every core

  void describe(OptionTable& table);
};

// Identities with `from` to `to` images, both inclusive, and the images of all of them.
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

struct UnreadableImage {
  ImageIndex image;
  std::string name;    // Dataset::image_name, any bytes
  std::string reason;  // "not a JPEG, PNG or WebP (first bytes 3c 68 74 6d)"
};

// "faces/ada/1.jpg: empty (0 bytes)", printable; the name once, where the reason names it already.
std::string to_line(const UnreadableImage& image);

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
  std::vector<ImagesPerIdentityBucket> histogram;  // ascending, from the first to the last that is not empty
  std::vector<std::string> left_out;               // Dataset::left_out

  // Where the images were decoded; otherwise 0 and empty.
  bool images_were_read = false;
  int64_t jpeg_images = 0;
  int64_t png_images = 0;
  int64_t webp_images = 0;
  int64_t raw_images = 0;                   // decoded already (image/raw_image.h)
  std::vector<ImageSizeCount> sizes;        // the most frequent first, of the readable images
  std::vector<UnreadableImage> unreadable;  // in the order of the images
  std::vector<DamagedBytes> damage;         // of a packed set, by file and position; images among them
};

// Counts the set and, where read_images, decodes every image of it on `threads` threads (at least 1). What it returns
// does not depend on the number of threads. The dataset has at least one image, as open_dataset sees to.
DatasetSummary inspect_dataset(const Dataset& dataset, bool read_images, int64_t threads);

// The summary as a table for people, of several lines. At most `most_listed` unreadable images and sizes are listed.
std::string summary_table(const DatasetSummary& summary, int64_t most_listed = 20);

}  // namespace massface
