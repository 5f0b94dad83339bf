#include "mining/sub_batches.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <unordered_map>

#include "core/error.h"

namespace massface {
namespace {

Tensor to_indices(const std::vector<int64_t>& values) { return torch::tensor(values, at::kLong); }

}  // namespace

// A sub-batch that is being filled.
struct SubBatches::Cut {
  std::vector<int64_t> images;
  std::unordered_map<int64_t, int64_t> position_of;
  std::vector<int64_t> anchors, positives, negatives;  // positions

  bool has(int64_t image) const { return position_of.contains(image); }
  int64_t add(int64_t image) {
    const auto [at, is_new] = position_of.try_emplace(image, static_cast<int64_t>(images.size()));
    if (is_new) images.push_back(image);
    return at->second;
  }
};

SubBatches::SubBatches(Triplets triplets, int64_t max_images, Random random)
    : triplets_{triplets.anchors.contiguous(), triplets.positives.contiguous(), triplets.negatives.contiguous()},
      anchors_(triplets_.anchors.const_data_ptr<int64_t>()),
      positives_(triplets_.positives.const_data_ptr<int64_t>()),
      negatives_(triplets_.negatives.const_data_ptr<int64_t>()),
      max_images_(max_images),
      order_(static_cast<size_t>(triplets_.size())),
      taken_(order_.size(), false) {
  check(max_images >= 3, "a sub-batch holds a triplet");
  check(std::is_sorted(anchors_, anchors_ + triplets_.size()), "listed triplets ascend by anchor");
  std::iota(order_.begin(), order_.end(), int64_t{0});
  random.shuffle(order_);
}

void SubBatches::take(int64_t triplet, Cut& cut) {
  cut.anchors.push_back(cut.add(anchors_[triplet]));
  cut.positives.push_back(cut.add(positives_[triplet]));
  cut.negatives.push_back(cut.add(negatives_[triplet]));
  taken_[static_cast<size_t>(triplet)] = true;
}

void SubBatches::begin(Cut& cut) {
  for (; next_ < order_.size(); ++next_) {
    const int64_t triplet = order_[next_];
    if (taken_[static_cast<size_t>(triplet)]) continue;
    // The three images differ: an anchor is not its own positive, and its negative is of another identity.
    int64_t further = 0;
    for (const int64_t image : {anchors_[triplet], positives_[triplet], negatives_[triplet]})
      further += !cut.has(image);
    if (static_cast<int64_t>(cut.images.size()) + further > max_images_) return;
    take(triplet, cut);
  }
}

void SubBatches::add_what_fits(Cut& cut) {
  const std::vector<int64_t> images = cut.images;
  for (const int64_t anchor : images) {
    const auto [first, last] = std::equal_range(anchors_, anchors_ + triplets_.size(), anchor);
    for (int64_t triplet = first - anchors_; triplet < last - anchors_; ++triplet) {
      if (taken_[static_cast<size_t>(triplet)]) continue;
      if (cut.has(positives_[triplet]) && cut.has(negatives_[triplet])) take(triplet, cut);
    }
  }
}

std::optional<SubBatch> SubBatches::next() {
  Cut cut;
  begin(cut);
  if (cut.images.empty()) return std::nullopt;
  add_what_fits(cut);
  return SubBatch{std::move(cut.images),
                  {to_indices(cut.anchors), to_indices(cut.positives), to_indices(cut.negatives)}};
}

}  // namespace massface
