#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cleaning/find_faults.h"
#include "core/options.h"
#include "dataset/dataset.h"
#include "dataset/unreadable_image.h"
#include "model/embed_images.h"

namespace massface {

struct CleaningOptions {
  std::string flip = "concatenate";
  bool resize = false;
  bool center_crop = false;
  int64_t batch = 64;
  int64_t threads = 0;
  FaultOptions faults;

  void describe(OptionTable& table);
  // Returns how images of another size are treated. Throws Error if both resize and center_crop are set.
  OtherSize other_size() const;
};

// The images of a test set. In a .bin file, images have no people: each is taken for a person of its own.
struct TestImages {
  std::string name;  // as the user gave it
  std::shared_ptr<const Dataset> dataset;
  std::vector<std::vector<uint8_t>> bin_images;  // if there is no dataset

  int64_t size() const;
};

// path: an insightface .bin, or whatever open_dataset() takes. Throws Error.
TestImages open_test_images(const std::string& path);

struct CleaningResult {
  LabelFaults faults;
  std::vector<ImageIndex> images;                     // of each row
  std::vector<UnreadableImage> unreadable;            // of the set, then of the test set; they take no part
  std::vector<std::string> test_names;                // of the people of the test set
  std::vector<std::vector<ImageSource>> test_images;  // some of each of them; valid as long as the TestImages
  double embed_seconds = 0;
  double search_seconds = 0;  // for everything that follows
};

// Embeds the images of a set (and of the test set, if there is one) and finds the faults in its labels. progress:
// called now and then with the number of images embedded, of `total`; may throw. Throws Error if no image can be read,
// if one has another size than the network's input that the options do not accept, and what find_faults() throws.
CleaningResult clean_dataset(const Embedder& embedder, const Dataset& dataset, const TestImages* test,
                             const CleaningOptions& options,
                             const std::function<void(int64_t done, int64_t total)>& progress);

}  // namespace massface
