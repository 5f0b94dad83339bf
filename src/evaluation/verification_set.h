#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataset/image_names.h"
#include "dataset/verification_pairs.h"
#include "pipeline/load_images.h"

namespace massface {

// A set to evaluate: pairs, and their images in one of three places.
struct VerificationSet {
  std::string name;  // for a set other than LFW: the stem of the pairs file, or the user's name for it
  VerificationPairs pairs;
  std::filesystem::path images;                      // the folder that contains the images, or the file that holds them
  std::vector<std::vector<uint8_t>> in_memory = {};  // images of a .bin file; the pairs name them by their index
  std::shared_ptr<const Dataset> dataset = {};       // a packed set or a list; the pairs name images as in folders
};

// Finds the images that pairs name. The set must outlive the finder and what it returns.
class PairImageFinder {
 public:
  explicit PairImageFinder(const VerificationSet& set) : set_(set), names_(set.dataset) {}

  // name: as in the pairs; the image of "NAME/NAME_0001.jpg" may have any ending of an image
  // (image_name_spellings()). Returns nullopt if
  // there is no such image.
  std::optional<ImageSource> find(const std::string& name);

 private:
  std::optional<ImageSource> find_in_memory(const std::string& name) const;
  std::optional<ImageSource> find_file(const std::string& name) const;
  std::optional<ImageSource> find_in_dataset(const std::string& name);

  const VerificationSet& set_;
  ImageNames names_;
};

}  // namespace massface
