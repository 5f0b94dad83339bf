#include "model/embedder.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace massface {
namespace {

Tensor square_faces(int64_t count) {
  torch::manual_seed(12);
  return torch::randint(256, {count, 112, 112, 3}, at::kByte);
}

Model settled_model() {
  Model model = make_model({}, {}, 6);
  const at::NoGradGuard no_grad;
  model.network->train();
  for (int i = 0; i < 3; ++i) forward(model, square_faces(6));
  model.network->eval();
  return model;
}

Tensor unit(const Tensor& rows) { return rows / rows.norm(2, 1, true); }

double largest_difference(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

TEST(Embedder, FoldedItGivesTheUnitEmbeddingsOfTheModel) {
  const Model model = settled_model();
  const at::NoGradGuard no_grad;
  const Tensor expected = forward(model, square_faces(5));
  const Tensor embeddings = Embedder(model).embed(square_faces(5), Flip::kNone);
  EXPECT_EQ(embeddings.sizes(), (std::vector<int64_t>{5, 512}));
  EXPECT_LT(largest_difference(embeddings, unit(expected)), 1e-4);
  EXPECT_LT(largest_difference(embeddings.norm(2, 1), torch::ones({5})), 1e-5);
  // Making an Embedder leaves the model as it was: it can still be trained.
  EXPECT_TRUE(torch::equal(forward(model, square_faces(5)), expected));
}

TEST(Embedder, TheMirroredImageIsAddedOrPutBeside) {
  const Model model = settled_model();
  const Embedder embedder(model);
  const at::NoGradGuard no_grad;
  const Tensor image = forward(model, square_faces(3)), mirrored = forward(model, square_faces(3).flip(2));
  EXPECT_LT(largest_difference(embedder.embed(square_faces(3), Flip::kSum), unit(image + mirrored)), 1e-4);
  const Tensor both = embedder.embed(square_faces(3), Flip::kConcatenate);
  EXPECT_EQ(both.sizes(), (std::vector<int64_t>{3, 1024}));
  EXPECT_LT(largest_difference(both, unit(torch::cat({image, mirrored}, 1))), 1e-4);
}

TEST(Embedder, BatchesDoNotChangeAnEmbedding) {
  const Embedder embedder(settled_model());
  const Tensor images = square_faces(9);
  const Tensor whole = embedder.embed(images, Flip::kConcatenate, 64);
  for (const int64_t batch_size : {1, 2, 4, 9}) {
    EXPECT_LT(largest_difference(embedder.embed(images, Flip::kConcatenate, batch_size), whole), 1e-5) << batch_size;
  }
  EXPECT_EQ(embedder.embed(square_faces(0), Flip::kSum).sizes(), (std::vector<int64_t>{0, 512}));
}

TEST(Embedder, ComputesWithTheKernelsThatWereChosenForLoadedWeights) {
  const Model fast = settled_model();
  Model reference = from_tensors(to_tensors(fast), "the model");
  EXPECT_EQ(reference.backbone.kernels, "fast");
  choose_kernels(reference, {.kernels = "reference"});
  EXPECT_EQ(reference.backbone.kernels, "reference");
  BackboneOptions options;
  options.kernels = "reference";
  Model made = make_model(options, {}, 6);
  const at::NoGradGuard no_grad;
  const NamedTensors from = to_tensors(fast), to = to_tensors(made);
  for (const auto& [name, tensor] : to.tensors) Tensor(tensor).copy_(from.at(name));
  EXPECT_TRUE(torch::equal(Embedder(reference).embed_raw(square_faces(3), Flip::kNone, 64),
                           Embedder(made).embed_raw(square_faces(3), Flip::kNone, 64)));
}

TEST(Embedder, FlipsAreNamed) {
  for (const std::string& name : flip_names()) EXPECT_NO_THROW(parse_flip(name));
  EXPECT_EQ(parse_flip("sum"), Flip::kSum);
  EXPECT_THROW(parse_flip("mirror"), Error);
}

}  // namespace
}  // namespace massface
