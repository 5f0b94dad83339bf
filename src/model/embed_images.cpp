#include "model/embed_images.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/stopwatch.h"
#include "distributed/agreement.h"
#include "distributed/shares.h"
#include "kernels/unit_rows.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const std::vector<UnreadableImage>& images) {
  if (images.empty()) return "";
  Json list = Json::array();
  for (const UnreadableImage& bad : images) list.push_back({bad.image, bad.name, bad.reason});
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Returns the lists of all processes, joined in the order of their ranks.
std::vector<UnreadableImage> of_all(Processes& processes, std::vector<UnreadableImage> own) {
  if (processes.size() == 1) return own;
  std::vector<UnreadableImage> all;
  for (const std::string& text : exchange_if_any(processes, text_of(own))) {
    if (text.empty()) continue;
    for (const Json& bad : Json::parse(text)) all.push_back({bad[0], bad[1], bad[2]});
  }
  return all;
}

}  // namespace

EmbeddedImages embed_images(const ImageEmbedder& embedder, int64_t count,
                            const std::function<ImageSource(int64_t i)>& source, const EmbedImagesOptions& options) {
  check(count >= 1, "there is an image to embed");
  const InputFormat& input = embedder.input();
  Processes& processes = *options.processes;
  EmbeddedImages result;
  const int64_t chunk_images = kImagesPerChunk * processes.size();
  for (int64_t first = 0; first < count; first += chunk_images) {
    const int64_t end = std::min(count, first + chunk_images);
    const Share share = share_of(end - first, processes);
    std::vector<ImageSource> sources;
    for (int64_t i = first + share.begin; i < first + share.end; ++i) sources.push_back(source(i));
    const Stopwatch watch;
    LoadedImages loaded = together(processes, [&] {
      return load_images(sources, input.height, input.width, options.other_size, options.threads);
    });
    result.load_seconds += watch.seconds();
    for (UnreadableImage& image : loaded.unreadable) image.image += first + share.begin;
    for (UnreadableImage& image : of_all(processes, std::move(loaded.unreadable))) {
      result.unreadable.push_back(std::move(image));
    }
    const Tensor own = embedder.embed_raw(loaded.images, options.flip, options.batch);
    const Tensor chunk = gather_shares(processes, own, end - first);
    if (first == 0) result.embeddings = at::empty({count, chunk.size(1)}, chunk.options());
    result.embeddings.slice(0, first, end).copy_(chunk);
    if (options.progress) options.progress(end);
  }
  return result;
}

EmbeddedImages embed_images(const ImageEmbedder& embedder, const Dataset& dataset,
                            const std::vector<ImageIndex>& images, const EmbedImagesOptions& options) {
  const auto source = [&](int64_t i) { return image_source(dataset, images[static_cast<size_t>(i)]); };
  return embed_images(embedder, std::ssize(images), source, options);
}

ReadableRows readable_unit_rows(const EmbeddedImages& embedded) {
  ReadableRows readable;
  auto bad = embedded.unreadable.begin();
  for (int64_t row = 0; row < embedded.embeddings.size(0); ++row) {
    if (bad != embedded.unreadable.end() && bad->image == row) {
      ++bad;
    } else {
      readable.rows.push_back(row);
    }
  }
  readable.embeddings = unit_rows(embedded.unreadable.empty()
                                      ? embedded.embeddings
                                      : embedded.embeddings.index_select(0, at::tensor(readable.rows, at::kLong)));
  return readable;
}

}  // namespace massface
