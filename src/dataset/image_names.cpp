#include "dataset/image_names.h"

namespace massface {

std::optional<IdentityIndex> find_identity(const Dataset& dataset, std::string_view name) {
  IdentityIndex first = 0, end = dataset.num_identities();
  while (first < end) {
    const IdentityIndex middle = first + (end - first) / 2;
    const std::string found = dataset.identity_name(middle);
    if (found == name) return middle;
    if (found < name) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  return std::nullopt;
}

std::optional<ImageIndex> ImageNames::find(std::string_view identity, const std::string& file_name) {
  const auto index = find_identity(*dataset_, identity);
  if (!index) return std::nullopt;
  const Names& names = names_of(*index);
  const auto found = names.find(file_name);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

const ImageNames::Names& ImageNames::names_of(IdentityIndex identity) {
  const auto [place, is_new] = names_of_identity_.try_emplace(identity);
  Names& names = place->second;
  if (!is_new) return names;
  const ImageIndex first = dataset_->first_image_of(identity), end = first + dataset_->num_images_of(identity);
  for (ImageIndex image = first; image < end; ++image) names.try_emplace(dataset_->file_name(image), image);
  // Added after the full names, which take precedence over an equal last component.
  for (ImageIndex image = first; image < end; ++image) {
    const std::string name = dataset_->file_name(image);
    names.try_emplace(name.substr(name.rfind('/') + 1), image);
  }
  return names;
}

}  // namespace massface
