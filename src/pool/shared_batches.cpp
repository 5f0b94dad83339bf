#include "pool/shared_batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "distributed/agreement.h"
#include "distributed/shares.h"
#include "pipeline/bad_image_limit.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

std::string to_text(const std::vector<UnreadableImage>& images) {
  if (images.empty()) return "";
  Json list = Json::array();
  for (const UnreadableImage& bad : images) list.push_back({{"image", bad.image}, {"reason", bad.reason}});
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

SharedBatches::SharedBatches(std::unique_ptr<BatchLoader> loader, std::shared_ptr<Processes> processes, bool whole,
                             const Dataset& dataset, double max_bad_fraction, std::set<ImageIndex> known_bad)
    : loader_(std::move(loader)),
      processes_(std::move(processes)),
      whole_(whole),
      dataset_(dataset),
      max_bad_fraction_(max_bad_fraction),
      known_bad_(std::move(known_bad)) {}

Batch SharedBatches::next() { return processes_->size() == 1 ? loader_->next() : next_of_share(); }

Batch SharedBatches::next_of_share() {
  std::optional<Batch> batch;
  const Fault fault = fault_of([&] { batch = loader_->next(); });
  share_bad_images();  // first: what made next() throw may be among them
  require_no_fault(*processes_, fault);
  if (!whole_) share_labels(*batch);
  return *std::move(batch);
}

void SharedBatches::share_bad_images() {
  std::optional<UnreadableImage> last;
  for (const std::string& text : exchange_if_any(*processes_, to_text(loader_->take_bad_images()))) {
    if (text.empty()) continue;
    for (const Json& bad : Json::parse(text)) {
      const ImageIndex image = bad["image"];
      if (!known_bad_.insert(image).second) continue;
      unreported_.push_back({image, dataset_.image_name(image), bad["reason"]});
      last = unreported_.back();
    }
  }
  std::ranges::sort(unreported_, {}, &UnreadableImage::image);
  if (last) require_few_bad_images(dataset_, max_bad_fraction_, std::ssize(known_bad_), *last);
}

void SharedBatches::share_labels(Batch& batch) const {
  const Tensor own = at::stack({batch.labels, at::tensor(batch.indices, at::kLong)}, 1);
  const Tensor all = gather_shares(*processes_, own, batch.whole);
  batch.labels = all.select(1, 0).contiguous();
  const Tensor indices = all.select(1, 1).contiguous();
  const auto* first = indices.const_data_ptr<int64_t>();
  batch.indices.assign(first, first + indices.numel());
}

std::vector<UnreadableImage> SharedBatches::take_bad_images() {
  return processes_->size() == 1 ? loader_->take_bad_images() : std::exchange(unreported_, {});
}

}  // namespace massface
