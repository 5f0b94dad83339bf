#pragma once

#include <cstdint>
#include <string_view>

#include "core/hash.h"

namespace massface {

class Dataset;

// The fingerprint of a set of named images, whatever form it has: identity by identity in order, each followed by its
// images in order. Not of sizes or content, which would cost a look at every file.
class NameFingerprint {
 public:
  void add_identity(std::string_view name) { value_ = hash64(name, value_); }
  // Another start than an identity's name has, so an image cannot pass for one.
  void add_image(std::string_view file_name) { value_ = hash64(file_name, ~value_); }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0;
};

// Of the set's identities and file names, looked at one by one.
uint64_t fingerprint_of_names(const Dataset& dataset);

}  // namespace massface
