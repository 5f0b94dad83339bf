#include "cleaning/same_picture.h"

#include <cmath>
#include <numeric>

#include "core/stop_signal.h"
#include "image/decode.h"
#include "image/resize.h"
#include "kernels/share_rows.h"

namespace massface {
namespace {

constexpr int64_t kKeySide = 32;

PictureKey key_of_image(const Dataset& dataset, ImageIndex image, ImageDecoder& decoder) {
  std::vector<uint8_t> storage;
  try {
    return picture_key(decoder.decode(dataset.view_bytes(image, storage)));
  } catch (const Error&) {
    return PictureKey(kKeySide * kKeySide);  // it could be read when it was embedded
  }
}

}  // namespace

PictureKey picture_key(const Image& image) {
  const Image small = resize(image, kKeySide, kKeySide);
  PictureKey key;
  for (size_t i = 0; i < small.pixels.size(); i += 3) {
    key.push_back(0.299F * static_cast<float>(small.pixels[i]) + 0.587F * static_cast<float>(small.pixels[i + 1]) +
                  0.114F * static_cast<float>(small.pixels[i + 2]));
  }
  const float mean = std::accumulate(key.begin(), key.end(), 0.0F) / static_cast<float>(key.size());
  for (float& value : key) value -= mean;
  const float length = std::sqrt(std::inner_product(key.begin(), key.end(), key.begin(), 0.0F));
  for (float& value : key) value = length > 1 ? value / length : 0;
  return key;
}

bool are_same_picture(const PictureKey& a, const PictureKey& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0) >= kSamePictureCorrelation;
}

SamePicture same_picture_in(const Dataset& dataset, std::vector<ImageIndex> images) {
  return [&dataset, images = std::move(images)](const std::vector<SimilarPair>& pairs) {
    std::vector<PictureKey> keys(images.size());
    std::vector<size_t> rows;
    for (const SimilarPair& pair : pairs) {
      for (const int64_t row : {pair.first, pair.second}) {
        PictureKey& key = keys[static_cast<size_t>(row)];
        if (!key.empty()) continue;
        key.resize(1);  // marks it
        rows.push_back(static_cast<size_t>(row));
      }
    }
    const auto make_decoder = [] { return ImageDecoder(); };
    share_rows(std::ssize(rows), 16, make_decoder, [&](ImageDecoder& decoder, int64_t begin, int64_t end) {
      if (stop_was_asked_for()) throw Interrupted();
      for (int64_t i = begin; i < end; ++i) {
        const size_t row = rows[static_cast<size_t>(i)];
        keys[row] = key_of_image(dataset, images[row], decoder);
      }
    });
    std::vector<bool> same;
    for (const SimilarPair& pair : pairs) {
      same.push_back(are_same_picture(keys[static_cast<size_t>(pair.first)], keys[static_cast<size_t>(pair.second)]));
    }
    return same;
  };
}

}  // namespace massface
