#include "model/embed_images.h"

#include <ATen/ops/empty.h>

#include <algorithm>

#include "core/error.h"
#include "core/stopwatch.h"

namespace massface {

EmbeddedImages embed_images(const Embedder& embedder, int64_t count,
                            const std::function<ImageSource(int64_t i)>& source, const EmbedImagesOptions& options) {
  check(count >= 1, "there is an image to embed");
  const InputFormat& input = embedder.input();
  EmbeddedImages result;
  for (int64_t first = 0; first < count; first += kImagesPerChunk) {
    const int64_t end = std::min(count, first + kImagesPerChunk);
    std::vector<ImageSource> sources;
    for (int64_t i = first; i < end; ++i) sources.push_back(source(i));
    const Stopwatch watch;
    LoadedImages loaded = load_images(sources, input.height, input.width, options.other_size, options.threads);
    result.load_seconds += watch.seconds();
    for (UnreadableImage& image : loaded.unreadable) {
      image.image += first;
      result.unreadable.push_back(std::move(image));
    }
    const Tensor chunk = embedder.embed_raw(loaded.images, options.flip, options.batch);
    if (first == 0) result.embeddings = at::empty({count, chunk.size(1)}, chunk.options());
    result.embeddings.slice(0, first, end).copy_(chunk);
    if (options.progress) options.progress(end);
  }
  return result;
}

}  // namespace massface
