#include "recognition/embed_faces.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "kernels/unit_rows.h"
#include "model/finite_embeddings.h"

namespace massface {

EmbeddedFaces embed_faces(const Embedder& embedder, Flip flip, const std::vector<ReadImage>& images) {
  int64_t count = 0;
  for (const ReadImage& image : images) count += std::ssize(image.faces);
  const InputFormat& input = embedder.input();
  const Tensor pixels = at::empty({count, input.height, input.width, 3}, at::kByte);
  auto* to = pixels.mutable_data_ptr<uint8_t>();
  for (const ReadImage& image : images) {
    for (const AlignedFace& face : image.faces) {
      check(std::ssize(face.crop.pixels) == input.height * input.width * 3, "crops have the size of the input");
      to = std::ranges::copy(face.crop.pixels, to).out;
    }
  }
  const Tensor raw = embedder.embed_raw(pixels, flip);
  require_finite_embeddings(raw);
  const Tensor lengths =
      at::linalg_vector_norm(raw, 2, 1).div_(std::sqrt(static_cast<double>(raw.size(1)))).contiguous();
  const auto* begin = lengths.const_data_ptr<float>();
  return {.embeddings = unit_rows(raw), .quality = std::vector<float>(begin, begin + count)};
}

}  // namespace massface
