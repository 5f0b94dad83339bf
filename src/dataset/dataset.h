#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace massface {

using ImageIndex = int64_t;     // 0 .. Dataset::size() - 1
using IdentityIndex = int64_t;  // 0 .. Dataset::num_identities() - 1

// A labelled face set: image i has encoded bytes and an identity. Images of one identity are consecutive, identities
// are in the order of their names' bytes and images in the order of theirs, so the same files give the same indices
// everywhere. Every on-disk form derives from this and implements name and bytes.
class Dataset {
 public:
  virtual ~Dataset() = default;

  int64_t size() const { return static_cast<int64_t>(identity_of_image_.size()); }
  int64_t num_identities() const { return static_cast<int64_t>(identity_names_.size()); }
  IdentityIndex identity_of(ImageIndex image) const { return identity_of_image_[static_cast<size_t>(image)]; }
  // identity_of() of every image.
  const std::vector<IdentityIndex>& identity_of_image() const { return identity_of_image_; }
  const std::string& identity_name(IdentityIndex identity) const {
    return identity_names_[static_cast<size_t>(identity)];
  }
  // The images of an identity: [first, first + count).
  ImageIndex first_image_of(IdentityIndex identity) const { return first_image_[static_cast<size_t>(identity)]; }
  int64_t num_images_of(IdentityIndex identity) const {
    return first_image_[static_cast<size_t>(identity) + 1] - first_image_[static_cast<size_t>(identity)];
  }

  // A hash of all names (and, where the form knows them cheaply, sizes) in order. Equal fingerprints mean that a run
  // may be continued on this set.
  virtual uint64_t fingerprint() const = 0;
  // How messages and lists name the image: its path, or "file.mfp[17]".
  virtual std::string image_name(ImageIndex image) const = 0;
  // The image as it was stored (JPEG or PNG). Thread-safe. Throws Error when it cannot be read.
  virtual std::vector<uint8_t> read_bytes(ImageIndex image) const = 0;
  // What lay beside the images and was not taken, a phrase each: "faces: 3 folders without images". For people.
  virtual std::vector<std::string> left_out() const { return {}; }

 protected:
  // One entry an image, grouped by identity in the order of `names`; every identity has at least one image.
  void set_identities(std::vector<std::string> names, std::vector<IdentityIndex> identity_of_image);

 private:
  std::vector<std::string> identity_names_;
  std::vector<IdentityIndex> identity_of_image_;
  std::vector<ImageIndex> first_image_;  // num_identities() + 1 entries
};

// Opens what a user names as a data set: a folder of identity folders, a list file of `path identity` lines, or
// several of these separated by ':' (identities of one name in two roots are one identity). A list's paths are relative
// to its folder. Throws Error when it is missing or holds no image; what else it holds is left out and logged. Scans
// of folders are kept in the user's cache folder (dataset/scan_cache.h); use_cache = false scans anew.
std::shared_ptr<const Dataset> open_dataset(const std::string& path, bool use_cache = true);

// The same roots, each as an absolute path: what names them from every working folder. "" stays "".
std::string absolute_dataset_path(const std::string& path);

// The set without some identities (their indices change, their order does not). Keeps `base` alive.
std::shared_ptr<const Dataset> select_identities(std::shared_ptr<const Dataset> base,
                                                 const std::vector<IdentityIndex>& kept);

}  // namespace massface
