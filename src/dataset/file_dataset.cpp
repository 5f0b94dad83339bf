#include "dataset/file_dataset.h"

#include <utility>

#include "image/image_file.h"

namespace massface {

FileDataset::FileDataset(FileCollection files)
    : folders_(std::move(files.folders)), left_out_(std::move(files.left_out)) {
  std::vector<std::string> names;
  std::vector<IdentityIndex> identity_of_image;
  for (auto& [name, images] : files.identities) {
    fingerprint_.add_identity(name);
    identity_of_image.insert(identity_of_image.end(), images.size(), static_cast<IdentityIndex>(names.size()));
    for (FileCollection::File& image : images) {
      fingerprint_.add_image(image.name);
      files_.push_back(std::move(image));
    }
    names.push_back(name);
  }
  set_identities(std::move(names), identity_of_image);
}

std::string FileDataset::image_name(ImageIndex image) const {
  const FileCollection::File& file = files_[static_cast<size_t>(image)];
  return folders_[file.folder] + file.name;
}

std::vector<uint8_t> FileDataset::read_bytes(ImageIndex image) const { return read_image_file(image_name(image)); }

}  // namespace massface
