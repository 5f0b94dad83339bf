#include "pipeline/batch_maker.h"

#include <ATen/ops/empty.h>

#include "core/files.h"
#include "distributed/shares.h"
#include "pipeline/augment.h"
#include "pipeline/replacements.h"

namespace massface {

BatchMaker::BatchMaker(BatchLoader::Source source, const PipelineOptions& options, int64_t max_bad_images,
                       uint64_t seed)
    : source_(source),
      options_(options),
      max_bad_images_(max_bad_images),
      seed_(seed),
      decoder_(source.height, source.width, options.other_size()) {}

MadeBatch BatchMaker::make(int64_t step, const std::stop_token& stop) {
  MadeBatch made;
  try {
    fill(made, step, stop);
  } catch (...) {
    made.error = std::current_exception();
  }
  return made;
}

void BatchMaker::fill(MadeBatch& made, int64_t step, const std::stop_token& stop) {
  Batch& batch = made.batch;
  const std::vector<ImageIndex> whole = source_.sampler.batch(step);
  const Share share = share_of(std::ssize(whole), source_.rank, source_.processes);
  batch.whole = std::ssize(whole);
  batch.indices.assign(whole.begin() + share.begin, whole.begin() + share.end);
  const auto size = static_cast<int64_t>(batch.indices.size());
  uint8_t* rgb = nullptr;
  if (source_.decoded == nullptr) {
    batch.images =
        at::empty({size, source_.height, source_.width, 3}, at::TensorOptions(at::kByte).pinned_memory(source_.pinned));
    rgb = batch.images.data_ptr<uint8_t>();
  }
  batch.labels = at::empty({size}, at::kLong);
  int64_t* labels = batch.labels.data_ptr<int64_t>();
  for (size_t position = 0; position < batch.indices.size() && !stop.stop_requested(); ++position) {
    ImageIndex& image = batch.indices[position];
    image = decode_or_replace(image, rgb, made, stop);
    labels[position] = source_.dataset.identity_of(image);
    // A function of the position in the whole batch, whatever the number of processes.
    const Random random(seed_, RandomStream::kAugment, static_cast<uint64_t>(step),
                        static_cast<uint32_t>(static_cast<size_t>(share.begin) + position));
    const Augmentation drawn = draw_augmentation(options_, random);
    if (source_.decoded != nullptr) {
      made.augmentations.push_back(drawn);
      continue;
    }
    augment({.rgb = rgb, .height = source_.height, .width = source_.width}, drawn, scratch_);
    rgb += decoder_.bytes_per_image();
  }
}

ImageIndex BatchMaker::decode_or_replace(ImageIndex image, uint8_t* rgb, MadeBatch& made, const std::stop_token& stop) {
  if (decode(image, rgb, made)) return image;
  Replacements replacements(source_.dataset, seed_, image);
  while (static_cast<int64_t>(made.bad_images.size()) <= max_bad_images_ && !stop.stop_requested()) {
    const auto other = replacements.next();
    if (!other) break;
    if (decode(*other, rgb, made)) return *other;
  }
  fail("{}: unreadable ({}), and so is every image that could replace it", printable(source_.dataset.image_name(image)),
       printable(made.bad_images.at(image)));
}

// Like decode(), but looks up what was found when the whole set was decoded.
bool BatchMaker::is_decoded(ImageIndex image, MadeBatch& made) const {
  const auto& [pixels, bad, refused] = *source_.decoded;
  if (const auto why = refused.find(image); why != refused.end()) fail("{}", why->second);
  const auto why = bad.find(image);
  if (why != bad.end()) made.bad_images.emplace(image, why->second);
  return why == bad.end();
}

// Returns false, and records the image as bad, if it cannot be read.
bool BatchMaker::decode(ImageIndex image, uint8_t* rgb, MadeBatch& made) {
  if (source_.decoded != nullptr) return is_decoded(image, made);
  std::span<const uint8_t> bytes;
  try {
    bytes = source_.dataset.view_bytes(image, storage_);
  } catch (const Error& unreadable) {
    made.bad_images.emplace(image, unreadable.what());
    return false;
  }
  try {
    decoder_.decode_into(bytes, rgb);
    return true;
  } catch (const BadImage& bad) {
    made.bad_images.emplace(image, bad.what());
    return false;
  } catch (const Error& wrong_size) {
    fail("{}: {}", printable(source_.dataset.image_name(image)), wrong_size.what());
  }
}

}  // namespace massface
