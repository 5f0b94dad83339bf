#pragma once

#include <map>
#include <string>
#include <vector>

#include "dataset/dataset.h"
#include "dataset/name_fingerprint.h"

namespace massface {

// Image files gathered from folders and lists, before they have indices.
struct FileCollection {
  struct File {
    uint32_t folder;   // index into folders
    std::string name;  // the image is folders[folder] + name
  };

  std::vector<std::string> folders;                     // each ends with '/', or is empty
  std::map<std::string, std::vector<File>> identities;  // by name, sorted by its bytes
  std::vector<std::string> left_out;                    // see Dataset::left_out()
};

// A set whose images are separate files. Identities are sorted by the bytes of their names; the images of an identity
// are in the collection's order: root by root, and by name within a root.
class FileDataset : public Dataset {
 public:
  explicit FileDataset(FileCollection files);

  // A hash of the identities' and the files' names in order. Excludes the folders above them, so that a set may be
  // moved, and sizes and content, which would cost a system call per file.
  uint64_t fingerprint() const override { return fingerprint_.value(); }
  std::string image_name(ImageIndex image) const override;
  std::string file_name(ImageIndex image) const override { return files_[static_cast<size_t>(image)].name; }
  std::vector<uint8_t> read_bytes(ImageIndex image) const override;
  std::vector<std::string> left_out() const override { return left_out_; }

 private:
  std::vector<std::string> folders_;
  std::vector<FileCollection::File> files_;  // [size()]
  std::vector<std::string> left_out_;
  NameFingerprint fingerprint_;
};

}  // namespace massface
