#include "export/graph_embedder.h"

#include <ATen/ATen.h>

#include "export/onnx_file.h"
#include "kernels/normalize_images.h"

namespace massface {

GraphEmbedder::GraphEmbedder(std::string_view bytes, const InputFormat& input)
    : interpreter_(decode_onnx(bytes)), input_(input) {}

Tensor GraphEmbedder::embed_batch(const Tensor& images) const {
  return interpreter_.run(graph_input(interpreter_.graph(), input_, images));
}

Tensor graph_input(const OnnxGraph& graph, const InputFormat& input, const Tensor& images) {
  if (graph.input.type == at::kByte) return images;
  return normalize_images_reference(images.contiguous(), input.mean, input.scale, input.channel_order == "bgr")
      .contiguous();
}

}  // namespace massface
