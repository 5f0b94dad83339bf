#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dataset/dataset.h"
#include "dataset/record_file.h"

namespace massface {

// Whether a file begins as MXNet's records do.
bool is_record_file(const std::filesystem::path& path);

// A face set in MXNet's records, train.rec beside train.idx, in one of two layouts:
// - plain: every record is an image, and its first label the number of its identity;
// - insightface's: record 0 has no image, and the labels [a, b): records a .. b-1 have no image either, each stands for
//   an identity, and its labels [c, d) say that records c .. d-1 are the identity's images. The first label of those is
//   the identity's number. Float32 counts to 2^24; beyond that the ranges are not to be trusted, and every record with
//   an image is taken by its own label.
// An identity is named by its number, with zeros in front so that the names' order is the numbers'; an image by its
// key, likewise, and .jpg, .png or .webp as the first image is one.
class RecordDataset : public Dataset {
 public:
  // Throws Error that names the file and the record.
  explicit RecordDataset(const std::filesystem::path& records);

  uint64_t fingerprint() const override { return fingerprint_; }
  // "train.rec[17]", by the key.
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
  std::vector<Image> images_;  // by the identity's number, then by key
  size_t key_digits_ = 1;
  const char* ending_ = ".jpg";
  uint64_t fingerprint_ = 0;
};

}  // namespace massface
