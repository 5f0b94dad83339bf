#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "dataset/dataset.h"

namespace massface {

// Returns the identity with this name, by binary search: identities are sorted by the bytes of their names.
std::optional<IdentityIndex> find_identity(const Dataset& dataset, std::string_view name);

// Finds images by name in a set of any format. The names of an identity are read when the first of its images is
// requested, and kept; the names of other identities are not read. Not thread-safe: use one object per thread.
class ImageNames {
 public:
  explicit ImageNames(std::shared_ptr<const Dataset> dataset) : dataset_(std::move(dataset)) {}

  // identity and file_name: the file's name within the identity's folder ("ada", "ada_0001.jpg"). An image that a list
  // names by a longer path is also found by the last component of the path, unless another image has this name. Returns
  // the first of several matches, or nullopt if there are none.
  std::optional<ImageIndex> find(std::string_view identity, const std::string& file_name);

 private:
  using Names = std::unordered_map<std::string, ImageIndex>;
  const Names& names_of(IdentityIndex identity);

  std::shared_ptr<const Dataset> dataset_;
  std::unordered_map<IdentityIndex, Names> names_of_identity_;
};

}  // namespace massface
