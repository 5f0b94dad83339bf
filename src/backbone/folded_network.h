#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include "backbone/fused_network.h"
#include "core/tensor.h"
#include "kernels/folded_stage.h"
#include "kernels/packing.h"

namespace massface {

// The inference pass of a folded network (Backbone::fold_for_inference) whose layers follow each other. Threads share
// the images: each takes its own from the first layer to the last, early layers image by image and late ones for
// several images at a time, so that what goes from stage to stage (kernels/folded_stage.h) stays in its cache.
// ConvUnit's pass, layer by layer over the batch, is the reference twin.
class FoldedNetwork {
 public:
  // For images of this size, [height, width]; copies the weights. Activations are stored as asked for: as bfloat16 only
  // where has_bfloat16_products(). Null when a layer has no such form.
  static std::unique_ptr<FoldedNetwork> of(const std::vector<NetworkLayer>& layers, std::array<int64_t, 2> image_size,
                                           Storage storage);

  // Whether these images are such as it is made for: float32 [B > 0, 3, height, width], channels-last, on the CPU, and
  // nobody asks for gradients.
  static bool takes(const Tensor& images);
  std::array<int64_t, 2> image_size() const { return image_size_; }
  Storage storage() const { return storage_; }

  // images: as takes() says, of image_size(). Returns [B, channels of the last layer]. Safe from several threads.
  Tensor forward(const Tensor& images) const;

 private:
  // Stages that take the same number of images at a time.
  struct Section {
    std::vector<FoldedStage> stages;
    int64_t images_at_once;
    size_t last_moving;                             // the last stage that does not work in place; stages.size(): none
    int64_t in_floats, out_floats, largest_floats;  // of an image: what enters, what leaves, the most between stages
  };
  // A thread's memory.
  struct Workspace {
    std::vector<AlignedFloats> inputs;                  // of each section (the first reads the images themselves)
    std::vector<std::array<AlignedFloats, 2>> between;  // of each section, what goes from stage to stage
    AlignedFloats scratch;
  };

  FoldedNetwork(std::vector<FoldedStage> stages, std::array<int64_t, 2> image_size, Storage storage);
  std::unique_ptr<Workspace> workspace() const;
  // Takes images through the sections up to this one.
  void produce(size_t section, int64_t images, const float* in, Values out, Workspace& workspace) const;

  std::array<int64_t, 2> image_size_;
  Storage storage_;
  std::vector<Section> sections_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Workspace>> free_;
};

}  // namespace massface
