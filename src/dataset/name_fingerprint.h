#pragma once

#include <cstdint>
#include <string_view>

#include "core/hash.h"

namespace massface {

class Dataset;

// The fingerprint of a set of named images, the same in every format: hashes identity by identity in order, each
// followed by its images in order. Excludes sizes and content, which would require a look at every file.
class NameFingerprint {
 public:
  void add_identity(std::string_view name) { value_ = hash64(name, value_); }
  // Starts from another value than an identity's name does, so an image cannot be mistaken for an identity.
  void add_image(std::string_view file_name) { value_ = hash64(file_name, ~value_); }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0;
};

// The fingerprint of the set's identity and file names, which are read one by one.
uint64_t fingerprint_of_names(const Dataset& dataset);

}  // namespace massface
