#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dataset/dataset.h"
#include "dataset/record_file.h"

namespace massface {

// Returns whether a file begins like MXNet records.
bool is_record_file(const std::filesystem::path& path);

// A face set in MXNet records (train.rec with train.idx next to it), in one of two layouts:
// - plain: every record is an image, and its first label is the number of its identity;
// - insightface's: record 0 has no image but the labels [a, b), the range of the records that each stand for an
//   identity. Records a .. b-1 have no image either; the labels [c, d) of one mean that records c .. d-1 are the
//   identity's images. The first label of these is the identity's number. float32 is exact only up to 2^24; beyond that
//   the ranges are not trusted, and every record with an image is assigned by its own label.
// The name of an identity is its number, zero-padded so that names sort like numbers. The name of an image is its key,
// likewise padded, followed by .jpg, .png or .webp according to the format of the first image.
class RecordDataset : public Dataset {
 public:
  // Throws Error that names the file and the record.
  explicit RecordDataset(const std::filesystem::path& records);

  uint64_t fingerprint() const override { return fingerprint_; }
  uint64_t places_fingerprint() const override;
  bool numbers_identities() const override { return true; }
  // "train.rec[17]", where 17 is the key.
  std::string image_name(ImageIndex image) const override;
  std::string file_name(ImageIndex image) const override;
  std::vector<uint8_t> read_bytes(ImageIndex image) const override;
  std::span<const uint8_t> view_bytes(ImageIndex image, std::vector<uint8_t>& storage) const override;

 private:
  struct Image {
    uint64_t number;  // of the identity
    RecordIndexEntry entry;
  };
  ImageRecord record(const RecordIndexEntry& entry, std::vector<uint8_t>& storage) const;
  std::vector<Image> images_of_ranges(const std::vector<RecordIndexEntry>& entries, uint64_t first, uint64_t end) const;
  std::vector<Image> images_by_label(const std::vector<RecordIndexEntry>& entries) const;
  std::vector<Image> find_images(const std::vector<RecordIndexEntry>& entries) const;
  void name_images();

  const std::string path_;
  const RecordFile file_;
  std::vector<Image> images_;  // sorted by the identity's number, then by key
  size_t key_digits_ = 1;
  const char* ending_ = ".jpg";
  uint64_t fingerprint_ = 0;
};

}  // namespace massface
