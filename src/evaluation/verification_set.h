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

// What is measured: pairs, and their images in one of three places.
struct VerificationSet {
  std::string name;  // of a set that is not LFW: the pairs file's stem, or what the user calls it
  VerificationPairs pairs;
  std::filesystem::path images;  // the folder below which the images are, or the file that holds them
  std::vector<std::vector<uint8_t>> in_memory = {};  // of a .bin file: the pairs name them by their index
  std::shared_ptr<const Dataset> dataset = {};       // of a packed set or a list: the pairs name them as in folders
};

// Finds the images that pairs name. The set outlives the finder and what it finds.
class PairImageFinder {
 public:
  explicit PairImageFinder(const VerificationSet& set) : set_(set), names_(set.dataset) {}

  // name: as the pairs have it; "NAME/NAME_0001.jpg" may also be a .png, .jpeg or .webp. Absent where there is none.
  std::optional<ImageSource> find(const std::string& name);

 private:
  std::optional<ImageSource> find_in_memory(const std::string& name) const;
  std::optional<ImageSource> find_file(const std::string& name) const;
  std::optional<ImageSource> find_in_dataset(const std::string& name);

  const VerificationSet& set_;
  ImageNames names_;
};

}  // namespace massface
