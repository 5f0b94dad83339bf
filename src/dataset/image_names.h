#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "dataset/dataset.h"

namespace massface {

// The identity of this name, found by halves: identities are in the order of their names' bytes.
std::optional<IdentityIndex> find_identity(const Dataset& dataset, std::string_view name);

// Finds images by name in a set of any form. The names of an identity are read when the first of its images is asked
// for, and kept; of the others none is looked at. One object serves one thread.
class ImageNames {
 public:
  explicit ImageNames(std::shared_ptr<const Dataset> dataset) : dataset_(std::move(dataset)) {}

  // identity, and the file's name within the identity's folder ("ada", "ada_0001.jpg"). An image that a list named by
  // a longer path goes by its last part, where no other one has this name. Of several the first.
  std::optional<ImageIndex> find(std::string_view identity, const std::string& file_name);

 private:
  using Names = std::unordered_map<std::string, ImageIndex>;
  const Names& names_of(IdentityIndex identity);

  std::shared_ptr<const Dataset> dataset_;
  std::unordered_map<IdentityIndex, Names> names_of_identity_;
};

}  // namespace massface
