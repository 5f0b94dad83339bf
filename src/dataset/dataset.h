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

// Bytes [first, end) of a file, at least one of which differs from what was written.
struct DamagedBytes {
  std::string file;
  uint64_t first = 0;
  uint64_t end = 0;
  std::string what;  // "image 17 (ada/1.jpg)", "the image table"
};

// Thrown for an image whose bytes differ from what was written, one among many good ones. what() does not contain
// Dataset::image_name().
class DamagedImage : public Error {
 public:
  explicit DamagedImage(DamagedBytes bytes);
  const DamagedBytes& bytes() const { return bytes_; }

 private:
  DamagedBytes bytes_;
};

// What joining several sets does with identities that have the same name in more than one of them: kMerge makes them
// one identity; kSeparate keeps them apart; kAsk merges names, keeps the numbers of record files apart, and throws
// Error if a shared name is a number, which may stand for anybody.
enum class SameNames { kAsk, kMerge, kSeparate };

// How many names occur in more than one of the sets that were joined.
struct SharedNames {
  int64_t names = 0;
  int64_t merged = 0;  // of these, those whose images are now of one identity
};

// A labelled face set: image i has encoded bytes and an identity. Identities are sorted by the bytes of their names.
// The images of an identity are consecutive and sorted likewise, so the same files have the same indices everywhere.
// Every on-disk format derives from this class and implements names and bytes.
class Dataset {
 public:
  Dataset() = default;
  virtual ~Dataset() = default;
  Dataset(const Dataset&) = delete;
  Dataset& operator=(const Dataset&) = delete;

  int64_t size() const { return first_image_.back(); }
  int64_t num_identities() const { return static_cast<int64_t>(first_image_.size()) - 1; }
  // Binary search in the table of identities, in O(log num_identities()): a set of 42 million images needs no table of
  // its own for this.
  IdentityIndex identity_of(ImageIndex image) const;
  // identity_of() of every image, [size()]. Computed anew by each call.
  std::vector<IdentityIndex> identity_of_image() const;
  virtual std::string identity_name(IdentityIndex identity) const {
    return identity_names_[static_cast<size_t>(identity)];
  }
  // The images of an identity: [first, first + count).
  ImageIndex first_image_of(IdentityIndex identity) const { return first_image_[static_cast<size_t>(identity)]; }
  int64_t num_images_of(IdentityIndex identity) const {
    return first_image_[static_cast<size_t>(identity) + 1] - first_image_[static_cast<size_t>(identity)];
  }

  // A hash of all names in order (and of sizes, if the format knows them cheaply). A run may be continued on any set
  // with the same fingerprint.
  virtual uint64_t fingerprint() const = 0;
  // A hash of where the images lie in their files, if people and images have only numbers for names (records): two such
  // sets of the same shape have the same fingerprint. 0 if names tell sets apart.
  virtual uint64_t places_fingerprint() const { return 0; }
  // The name of the image in messages and lists: its path, or "faces.mfp:ada/1.jpg".
  virtual std::string image_name(ImageIndex image) const = 0;
  // The name of the image in the fingerprint and the order: its file's name within the identity's folder, or its path
  // as written in a list.
  virtual std::string file_name(ImageIndex image) const { return image_name(image); }
  // Returns the image as it was stored (JPEG, PNG, WebP or image/raw_image.h). Thread-safe. Throws Error if it cannot
  // be read.
  virtual std::vector<uint8_t> read_bytes(ImageIndex image) const = 0;
  // Like read_bytes(), but without a copy if the format has its bytes in memory: returns a view of those or of
  // `storage`, valid as long as the set exists and `storage` is not changed.
  virtual std::span<const uint8_t> view_bytes(ImageIndex image, std::vector<uint8_t>& storage) const;
  // What was found next to the images but left out of the set, one phrase each: "faces: 3 folders without images". For
  // human readers.
  virtual std::vector<std::string> left_out() const { return {}; }
  // Returns whether the identities' names are numbers that mean nothing outside of this set, as in record files.
  virtual bool numbers_identities() const { return false; }
  // All 0 unless the set was joined from several.
  virtual SharedNames shared_names() const { return {}; }
  // Returns everything in the set's files that does not match its checksum, except for images, which view_bytes()
  // checks. Reads all of it. Empty if the format has no checksums.
  virtual std::vector<DamagedBytes> find_damage() const { return {}; }

 protected:
  // identity_of_image: one entry per image, grouped by identity in the order of `names`. Every identity has at least
  // one image.
  void set_identities(std::vector<std::string> names, const std::vector<IdentityIndex>& identity_of_image);
  // For a format that keeps the table itself and overrides identity_name(). first_image: the first image of each
  // identity, ascending from 0, followed by the number of images; must outlive the set.
  void set_identities(std::span<const ImageIndex> first_image);

 private:
  std::vector<std::string> identity_names_;
  std::vector<ImageIndex> owned_first_image_;
  std::span<const ImageIndex> first_image_;  // num_identities() + 1 entries
};

// Opens the data set that a user names: a folder of identity folders, a list file of `path identity` lines, a packed
// set (docs/formats/packed.md), MXNet records (train.rec with train.idx next to it), or several of these separated by
// ':' (same_names says what identities with the same name in two of them are). The paths in a list are relative to the
// list's folder. Throws Error if the set is missing or holds no image; anything else in it is left out and logged.
// Scans of folders are kept in the user's cache folder (dataset/scan_cache.h); use_cache = false scans anew. The number
// of shared names is logged.
std::shared_ptr<const Dataset> open_dataset(const std::string& path, bool use_cache = true,
                                            SameNames same_names = SameNames::kAsk);

// Returns the sets that a path of open_dataset() names. A path that exists is one set, even if its name contains a ':'.
// Throws Error if the path is empty.
std::vector<std::string> dataset_roots(const std::string& path);

// Returns whether open_dataset() reads this root as a list of `path identity` lines.
bool is_list_file(const std::string& root);

// Returns the same roots as absolute paths, which are valid in every working directory. "" stays "".
std::string absolute_dataset_path(const std::string& path);

// Returns the set restricted to the `kept` identities (their indices change, their order does not). Keeps `base` alive.
std::shared_ptr<const Dataset> select_identities(std::shared_ptr<const Dataset> base,
                                                 const std::vector<IdentityIndex>& kept);

}  // namespace massface
