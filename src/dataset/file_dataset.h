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
  std::map<std::string, std::vector<File>> identities;  // by name, in the order of its bytes
  std::vector<std::string> left_out;                    // see Dataset::left_out()
};

// Images that are files of their own. Identities are in the order of their names' bytes; the images of one are in the
// collection's order: root by root, in each root by name.
class FileDataset : public Dataset {
 public:
  explicit FileDataset(FileCollection files);

  // Of the identities' and the files' names in order. Not of the folders above them, so a set may be moved; not of
  // sizes or content, which would cost a call a file.
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
