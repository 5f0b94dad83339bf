#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/error.h"

namespace massface {

using ImageIndex = int64_t;     // 0 .. Dataset::size() - 1
using IdentityIndex = int64_t;  // 0 .. Dataset::num_identities() - 1

// Bytes [first, end) of a file, among which at least one is not what was written.
struct DamagedBytes {
  std::string file;
  uint64_t first = 0;
  uint64_t end = 0;
  std::string what;  // "image 17 (ada/1.jpg)", "the image table"
};

// An image whose bytes are not what was written, one among many good ones. what() does not name the image.
class DamagedImage : public Error {
 public:
  explicit DamagedImage(DamagedBytes bytes);
  const DamagedBytes& bytes() const { return bytes_; }

 private:
  DamagedBytes bytes_;
};

// A labelled face set: image i has encoded bytes and an identity. Images of one identity are consecutive, identities
// are in the order of their names' bytes and images in the order of theirs, so the same files give the same indices
// everywhere. Every on-disk form derives from this and implements name and bytes.
class Dataset {
 public:
  Dataset() = default;
  virtual ~Dataset() = default;
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;

  int64_t size() const { return first_image_.back(); }
  int64_t num_identities() const { return static_cast<int64_t>(first_image_.size()) - 1; }
  // Found in the table of identities, in a step for each bit of their number: a set of 42 million images needs no
  // table of its own for this.
  IdentityIndex identity_of(ImageIndex image) const;
  // identity_of() of every image, made anew.
  std::vector<IdentityIndex> identity_of_image() const;
  virtual std::string identity_name(IdentityIndex identity) const {
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
  // How messages and lists name the image: its path, or "faces.mfp:ada/1.jpg".
  virtual std::string image_name(ImageIndex image) const = 0;
  // What the fingerprint and the order know the image by: its file's name within the identity's folder, or a list's
  // path as written.
  virtual std::string file_name(ImageIndex image) const { return image_name(image); }
  // The image as it was stored (JPEG, PNG, WebP or image/raw_image.h). Thread-safe. Throws Error when it cannot be
  // read.
  virtual std::vector<uint8_t> read_bytes(ImageIndex image) const = 0;
  // The same without a copy where the form holds its bytes in memory: a view of those or of `storage`, valid while
  // the set lives and `storage` is not touched.
  virtual std::span<const uint8_t> view_bytes(ImageIndex image, std::vector<uint8_t>& storage) const;
  // What lay beside the images and was not taken, a phrase each: "faces: 3 folders without images". For people.
  virtual std::vector<std::string> left_out() const { return {}; }
  // Whatever in the set's files does not match its checksum, images left aside (view_bytes complains of those). Reads
  // all of it. Empty where the form has no checksums.
  virtual std::vector<DamagedBytes> find_damage() const { return {}; }

 protected:
  // One entry an image, grouped by identity in the order of `names`; every identity has at least one image.
  void set_identities(std::vector<std::string> names, const std::vector<IdentityIndex>& identity_of_image);
  // For a form that keeps the table itself and overrides identity_name(). first_image: of each identity, ascending
  // from 0, and last the number of images; it outlives the set.
  void set_identities(std::span<const ImageIndex> first_image);

 private:
  std::vector<std::string> identity_names_;
  std::vector<ImageIndex> owned_first_image_;
  std::span<const ImageIndex> first_image_;  // num_identities() + 1 entries
};

// Opens what a user names as a data set: a folder of identity folders, a list file of `path identity` lines, a packed
// set (docs/formats/packed.md), MXNet records (train.rec beside train.idx), or several of these separated by ':'
// (identities of one name in two roots are one identity). A list's paths are relative to its folder. Throws Error when
// it is missing or holds no image; what else it holds is left out and logged. Scans of folders are kept in the user's
// cache folder (dataset/scan_cache.h); use_cache = false scans anew.
std::shared_ptr<const Dataset> open_dataset(const std::string& path, bool use_cache = true);

// The same roots, each as an absolute path: what names them from every working folder. "" stays "".
std::string absolute_dataset_path(const std::string& path);

// The set without some identities (their indices change, their order does not). Keeps `base` alive.
std::shared_ptr<const Dataset> select_identities(std::shared_ptr<const Dataset> base,
                                                 const std::vector<IdentityIndex>& kept);

}  // namespace massface
