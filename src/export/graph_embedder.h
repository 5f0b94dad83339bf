#pragma once

#include <string_view>

#include "export/onnx_interpreter.h"
#include "model/embedder.h"

namespace massface {

// Turns images into embeddings with an exported graph, as somebody does who has nothing but the file: its pixels are
// normalised here if the graph does not do it itself.
class GraphEmbedder : public ImageEmbedder {
 public:
  // bytes: of an ONNX file that was exported from a model with this input. Throws as decode_onnx() and OnnxInterpreter
  // do.
  GraphEmbedder(std::string_view bytes, const InputFormat& input);

  const InputFormat& input() const override { return input_; }
  int64_t embedding_size() const override { return interpreter_.graph().output.shape.at(1); }

 protected:
  Tensor embed_batch(const Tensor& images) const override;

 private:
  OnnxInterpreter interpreter_;
  InputFormat input_;
};

// Returns the graph's input for images, uint8 [B, H, W, 3] RGB.
Tensor graph_input(const OnnxGraph& graph, const InputFormat& input, const Tensor& images);

}  // namespace massface
