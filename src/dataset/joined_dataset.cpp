#include "dataset/joined_dataset.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "dataset/name_fingerprint.h"

namespace massface {
namespace {

// What the joined set puts in front of the identities' names of each set: "train.rec:", or nothing.
std::vector<std::string> prefixes_of(const std::vector<JoinedPart>& parts, SameNames same_names) {
  std::vector<std::string> roots;
  for (const JoinedPart& part : parts) roots.push_back(part.root);
  const std::vector<std::string> ends = distinct_ends(roots);
  std::vector<std::string> prefixes(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    const bool by_itself =
        same_names == SameNames::kSeparate || (same_names == SameNames::kAsk && parts[i].set->numbers_identities());
    if (by_itself) prefixes[i] = ends[i] + ":";
  }
  return prefixes;
}

// The number of digits to which the numbers of record files are padded: each file's own padding depends on its largest
// number, and 07 and 007 have to be one name if the user merges them.
size_t digits_of_numbers(const std::vector<JoinedPart>& parts) {
  size_t digits = 0;
  for (const JoinedPart& part : parts) {
    if (part.set->numbers_identities()) digits = std::max(digits, part.set->identity_name(0).size());
  }
  return digits;
}

class JoinedDataset : public Dataset {
 public:
  JoinedDataset(std::vector<JoinedPart> sets, SameNames same_names) : sets_(std::move(sets)) {
    const std::vector<std::string> prefixes = prefixes_of(sets_, same_names);
    const size_t digits = digits_of_numbers(sets_);
    std::map<std::string, std::vector<Part>> parts_of;
    std::map<std::string, int64_t> sets_with;  // the number of sets that have this name
    for (size_t set = 0; set < sets_.size(); ++set) {
      for (IdentityIndex identity = 0; identity < sets_[set].set->num_identities(); ++identity) {
        std::string name = sets_[set].set->identity_name(identity);
        if (sets_[set].set->numbers_identities()) name.insert(0, digits - std::min(digits, name.size()), '0');
        shared_names_.names += ++sets_with[name] == 2;
        auto& parts = parts_of[prefixes[set] + name];
        require(parts.empty() || (prefixes[set].empty() && prefixes[parts.front().set].empty()),
                "two people of the joined sets would be called {}. Rename a folder", printable(prefixes[set] + name));
        parts.push_back({set, identity});
      }
    }
    std::vector<std::string> names;
    std::vector<IdentityIndex> identity_of_image;
    for (const auto& [name, parts] : parts_of) {
      for (const auto& [set, identity] : parts) {
        const Dataset& whole = *sets_[set].set;
        const ImageIndex first = whole.first_image_of(identity);
        for (int64_t i = 0; i < whole.num_images_of(identity); ++i) {
          images_.push_back({set, first + i});
          identity_of_image.push_back(static_cast<IdentityIndex>(names.size()));
        }
      }
      shared_names_.merged += parts.size() > 1;
      names.push_back(name);
    }
    set_identities(std::move(names), identity_of_image);
    fingerprint_ = fingerprint_of_names(*this);
  }

  SharedNames shared_names() const override { return shared_names_; }
  uint64_t fingerprint() const override { return fingerprint_; }
  uint64_t places_fingerprint() const override {
    uint64_t hash = 0;
    for (const auto& part : sets_) {
      const uint64_t places = part.set->places_fingerprint();
      if (places != 0) hash = hash64(hex(places), hash);
    }
    return hash;
  }
  std::string image_name(ImageIndex image) const override { return set_of(image).image_name(index_of(image)); }
  std::string file_name(ImageIndex image) const override { return set_of(image).file_name(index_of(image)); }
  std::vector<uint8_t> read_bytes(ImageIndex image) const override { return set_of(image).read_bytes(index_of(image)); }
  std::span<const uint8_t> view_bytes(ImageIndex image, std::vector<uint8_t>& storage) const override {
    return set_of(image).view_bytes(index_of(image), storage);
  }
  std::vector<std::string> left_out() const override {
    std::vector<std::string> phrases;
    for (const auto& part : sets_) std::ranges::move(part.set->left_out(), std::back_inserter(phrases));
    return phrases;
  }
  std::vector<DamagedBytes> find_damage() const override {
    std::vector<DamagedBytes> damage;
    for (const auto& part : sets_) std::ranges::move(part.set->find_damage(), std::back_inserter(damage));
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
  const Dataset& set_of(ImageIndex image) const { return *sets_[images_[static_cast<size_t>(image)].set].set; }
  ImageIndex index_of(ImageIndex image) const { return images_[static_cast<size_t>(image)].image; }

  std::vector<JoinedPart> sets_;
  std::vector<Place> images_;  // [size()]
  SharedNames shared_names_;
  uint64_t fingerprint_ = 0;
};

}  // namespace

std::shared_ptr<const Dataset> join_datasets(std::vector<JoinedPart> parts, SameNames same_names) {
  if (same_names == SameNames::kAsk) require_names_that_mean_people(parts);
  return std::make_shared<JoinedDataset>(std::move(parts), same_names);
}

}  // namespace massface
