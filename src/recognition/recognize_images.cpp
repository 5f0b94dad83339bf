#include "recognition/recognize_images.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/log.h"
#include "core/stop_signal.h"

namespace massface {
namespace {

constexpr size_t kImagesAtOnce = 64;

std::vector<RecognizedImage> recognize(Recognizer& recognizer, std::span<const NamedImage> images) {
  std::vector<std::filesystem::path> files;
  for (const NamedImage& image : images) files.push_back(image.path);
  std::vector<ReadImage> read = recognizer.read(files);
  const EmbeddedFaces faces = recognizer.embed(read);
  std::vector<RecognizedImage> recognized;
  int64_t row = 0;
  for (size_t i = 0; i < images.size(); ++i) {
    const auto count = std::ssize(read[i].faces);
    recognized.push_back({.image = images[i],
                          .read = std::move(read[i]),
                          .embeddings = faces.embeddings.slice(0, row, row + count),
                          .quality = {faces.quality.begin() + row, faces.quality.begin() + row + count}});
    row += count;
  }
  return recognized;
}

}  // namespace

void warn_of_left_out(const RecognizedImage& image) {
  log_warning("{}: {}", image.image.name, image.read.reason.empty() ? "no face was found in it" : image.read.reason);
}

void recognize_images(Recognizer& recognizer, std::span<const NamedImage> images,
                      const std::function<void(std::span<const RecognizedImage>)>& use, const ImagesDone& done) {
  for (size_t begin = 0; begin < images.size(); begin += kImagesAtOnce) {
    if (stop_was_asked_for()) throw Interrupted();
    const size_t count = std::min(kImagesAtOnce, images.size() - begin);
    use(recognize(recognizer, images.subspan(begin, count)));
    if (done) done(static_cast<int64_t>(begin + count), std::ssize(images));
  }
}

}  // namespace massface
