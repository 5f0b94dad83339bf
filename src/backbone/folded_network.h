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

// The inference pass of a folded network (Backbone::fold_for_inference) in which each layer reads the output of the one
// before. The images are distributed over threads. Each thread takes its images from the first layer to the last: early
// layers process them one by one and late layers several at a time, so that the data between stages
// (kernels/folded_stage.h) stays in the thread's cache. A single image, and images that are at most a quarter as many
// as the threads, are computed one after another by all threads, which divide the rows of every stage among them. The
// layer-by-layer pass over the batch (ConvUnit) is the reference twin.
class FoldedNetwork {
 public:
  // Makes the pass for images of this size, [height, width]; copies the weights. Activations have the given storage:
  // bfloat16 needs has_bfloat16_products(). Returns null if a layer has no folded form, or if more than one pixel of an
  // image is left at the end.
  static std::unique_ptr<FoldedNetwork> of(const std::vector<NetworkLayer>& layers, std::array<int64_t, 2> image_size,
                                           Storage storage);

  // Returns whether this pass can take the images: float32 [B > 0, 3, height, width], channels-last, on the CPU, with
  // gradients disabled.
  static bool takes(const Tensor& images);

  // Returns whether all threads compute each image of such a batch together. They then meet after every stage, and the
  // last stages have too few rows for many threads, so this is worth it only if most threads would have no image.
  static bool shares_images(int64_t batch, int64_t threads);

  std::array<int64_t, 2> image_size() const { return image_size_; }
  Storage storage() const { return storage_; }

  // images: as for takes(), of image_size(). Returns [B, channels of the last layer]. Safe to call from several
  // threads.
  Tensor forward(const Tensor& images) const;

 private:
  // Stages that process the same number of images at a time.
  struct Section {
    std::vector<FoldedStage> stages;
    int64_t images_at_once;
    size_t last_moving;                             // the last stage that does not work in place; stages.size(): none
    int64_t in_floats, out_floats, largest_floats;  // per image: the input, the output, the largest output of a stage
  };
  // The memory of one thread.
  struct Workspace {
    std::vector<AlignedFloats> inputs;                  // per section (the first reads the images themselves)
    std::vector<std::array<AlignedFloats, 2>> between;  // per section, for the data between its stages
    AlignedFloats scratch;
  };

  FoldedNetwork(std::vector<FoldedStage> stages, std::array<int64_t, 2> image_size, Storage storage);
  std::unique_ptr<Workspace> workspace() const;
  // Runs images through all sections up to and including this one.
  void produce(size_t section, int64_t images, const float* in, Values out, Workspace& workspace) const;

  // Computes one image after another, each with all threads.
  void produce_together(int64_t images, const float* in, Values out) const;

  std::array<int64_t, 2> image_size_;
  Storage storage_;
  std::vector<Section> sections_;
  int64_t scratch_floats_ = 0;  // the most that a stage needs
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Workspace>> free_;
};

}  // namespace massface
