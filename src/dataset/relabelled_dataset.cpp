#include "dataset/relabelled_dataset.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "dataset/name_fingerprint.h"

namespace massface {
namespace {

class RelabelledDataset : public Dataset {
 public:
  RelabelledDataset(std::shared_ptr<const Dataset> base, const NewLabels& labels) : base_(std::move(base)) {
    check(std::ssize(labels.name_of_image) == base_->size(), "every image has a new label");
    const std::vector<int64_t> rank = ranks_of(labels.names);
    const auto rank_of = [&](ImageIndex image) {
      return rank[static_cast<size_t>(labels.name_of_image[static_cast<size_t>(image)])];
    };
    for (ImageIndex image = 0; image < base_->size(); ++image) {
      if (labels.name_of_image[static_cast<size_t>(image)] >= 0) base_image_.push_back(image);
    }
    require(!base_image_.empty(), "no image of the set is left");
    std::ranges::stable_sort(base_image_, {}, rank_of);
    std::vector<std::string> names;
    std::vector<IdentityIndex> identity_of_image;
    for (auto begin = base_image_.begin(); begin != base_image_.end();) {
      const auto end =
          std::find_if(begin, base_image_.end(), [&](ImageIndex image) { return rank_of(image) != rank_of(*begin); });
      sort_by_name(begin, end);
      identity_of_image.insert(identity_of_image.end(), static_cast<size_t>(end - begin), std::ssize(names));
      names.push_back(labels.names[static_cast<size_t>(labels.name_of_image[static_cast<size_t>(*begin)])]);
      begin = end;
    }
    set_identities(std::move(names), identity_of_image);
    fingerprint_ = fingerprint_of_names(*this);
  }

  uint64_t fingerprint() const override { return fingerprint_; }
  std::string image_name(ImageIndex image) const override { return base_->image_name(in_base(image)); }
  std::string file_name(ImageIndex image) const override { return base_->file_name(in_base(image)); }
  std::vector<uint8_t> read_bytes(ImageIndex image) const override { return base_->read_bytes(in_base(image)); }
  std::span<const uint8_t> view_bytes(ImageIndex image, std::vector<uint8_t>& storage) const override {
    return base_->view_bytes(in_base(image), storage);
  }

 private:
  using Position = std::vector<ImageIndex>::iterator;

  ImageIndex in_base(ImageIndex image) const { return base_image_[static_cast<size_t>(image)]; }

  static std::vector<int64_t> ranks_of(const std::vector<std::string>& names) {
    std::vector<int64_t> order(names.size()), rank(names.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [&](int64_t i) -> const std::string& { return names[static_cast<size_t>(i)]; });
    for (size_t i = 0; i < order.size(); ++i) rank[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
    return rank;
  }

  void sort_by_name(Position begin, Position end) {
    std::vector<std::pair<std::string, ImageIndex>> named;
    for (auto image = begin; image != end; ++image) named.emplace_back(base_->file_name(*image), *image);
    std::ranges::sort(named);
    std::ranges::transform(named, begin, [](const auto& image) { return image.second; });
  }

  std::shared_ptr<const Dataset> base_;
  std::vector<ImageIndex> base_image_;
  uint64_t fingerprint_ = 0;
};

}  // namespace

NewLabels labels_of(const Dataset& dataset) {
  NewLabels labels{.name_of_image = dataset.identity_of_image()};
  for (IdentityIndex i = 0; i < dataset.num_identities(); ++i) labels.names.push_back(dataset.identity_name(i));
  return labels;
}

std::shared_ptr<const Dataset> relabel_images(std::shared_ptr<const Dataset> base, const NewLabels& labels) {
  return std::make_shared<RelabelledDataset>(std::move(base), labels);
}

}  // namespace massface
