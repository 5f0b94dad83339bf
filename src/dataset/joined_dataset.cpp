#include "dataset/joined_dataset.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "dataset/name_fingerprint.h"

namespace massface {
namespace {

class JoinedDataset : public Dataset {
 public:
  explicit JoinedDataset(std::vector<std::shared_ptr<const Dataset>> sets) : sets_(std::move(sets)) {
    std::map<std::string, std::vector<Part>> parts_of;
    for (size_t set = 0; set < sets_.size(); ++set) {
      for (IdentityIndex identity = 0; identity < sets_[set]->num_identities(); ++identity) {
        parts_of[sets_[set]->identity_name(identity)].push_back({set, identity});
      }
    }
    std::vector<std::string> names;
    std::vector<IdentityIndex> identity_of_image;
    for (const auto& [name, parts] : parts_of) {
      for (const auto& [set, identity] : parts) {
        const ImageIndex first = sets_[set]->first_image_of(identity);
        for (int64_t i = 0; i < sets_[set]->num_images_of(identity); ++i) {
          images_.push_back({set, first + i});
          identity_of_image.push_back(static_cast<IdentityIndex>(names.size()));
        }
      }
      names.push_back(name);
    }
    set_identities(std::move(names), identity_of_image);
    fingerprint_ = fingerprint_of_names(*this);
  }

  uint64_t fingerprint() const override { return fingerprint_; }
  std::string image_name(ImageIndex image) const override { return set_of(image).image_name(index_of(image)); }
  std::string file_name(ImageIndex image) const override { return set_of(image).file_name(index_of(image)); }
  std::vector<uint8_t> read_bytes(ImageIndex image) const override { return set_of(image).read_bytes(index_of(image)); }
  std::span<const uint8_t> view_bytes(ImageIndex image, std::vector<uint8_t>& storage) const override {
    return set_of(image).view_bytes(index_of(image), storage);
  }
  std::vector<std::string> left_out() const override {
    std::vector<std::string> phrases;
    for (const auto& set : sets_) std::ranges::move(set->left_out(), std::back_inserter(phrases));
    return phrases;
  }
  std::vector<DamagedBytes> find_damage() const override {
    std::vector<DamagedBytes> damage;
    for (const auto& set : sets_) std::ranges::move(set->find_damage(), std::back_inserter(damage));
    return damage;
  }

 private:
  struct Part {
    size_t set;
    IdentityIndex identity;
  };
  struct Place {
    size_t set;
    ImageIndex image;  // within the set
  };
  const Dataset& set_of(ImageIndex image) const { return *sets_[images_[static_cast<size_t>(image)].set]; }
  ImageIndex index_of(ImageIndex image) const { return images_[static_cast<size_t>(image)].image; }

  std::vector<std::shared_ptr<const Dataset>> sets_;
  std::vector<Place> images_;  // [size()]
  uint64_t fingerprint_ = 0;
};

}  // namespace

std::shared_ptr<const Dataset> join_datasets(std::vector<std::shared_ptr<const Dataset>> sets) {
  return std::make_shared<JoinedDataset>(std::move(sets));
}

}  // namespace massface
