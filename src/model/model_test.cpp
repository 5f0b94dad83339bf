#include "model/model.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "core/error.h"
#include "core/testing_text.h"
#include "kernels/normalize_images.h"

namespace massface {
namespace {

Tensor faces(int64_t count, int64_t height = 112, int64_t width = 112) {
  torch::manual_seed(11);
  return torch::randint(256, {count, height, width, 3}, at::kByte);
}

// A network whose BatchNorm statistics are no longer the initial ones.
Model trained_model(const InputFormat& input = {}) {
  Model model = make_model({.name = "mobilefacenet"}, input, 5);
  const at::NoGradGuard no_grad;
  model.network->train();
  forward(model, faces(4, input.height, input.width));
  model.network->eval();
  return model;
}

std::string mistake_in(const NamedTensors& tensors) {
  try {
    from_tensors(tensors, "m.safetensors");
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).rfind("m.safetensors: ", 0), 0u) << error.what();
    return error.what();
  }
}

TEST(Model, TheDefaultEmbeddingSizeIsResolved) {
  EXPECT_EQ(make_model({.name = "mobilefacenet"}, {}, 1).backbone.embedding_size, 128);
  EXPECT_EQ(make_model({.name = "mobilefacenet", .embedding_size = 32}, {}, 1).backbone.embedding_size, 32);
}

TEST(Model, WhatIsSavedIsLoadedWithEverythingThatBelongsToIt) {
  const auto path = std::filesystem::path(testing::TempDir()) / "massface_model_test.safetensors";
  const InputFormat input{.height = 112, .width = 96, .channel_order = "bgr", .mean = 100.25, .scale = 0.1};
  const Model model = trained_model(input);
  save_model(path, model);
  const Model loaded = load_model(path);
  loaded.network->eval();
  EXPECT_EQ(loaded.backbone.name, "mobilefacenet");
  EXPECT_EQ(loaded.backbone.embedding_size, 128);
  EXPECT_EQ(loaded.input.height, 112);
  EXPECT_EQ(loaded.input.width, 96);
  EXPECT_EQ(loaded.input.channel_order, "bgr");
  EXPECT_EQ(loaded.input.mean, 100.25);
  EXPECT_EQ(loaded.input.scale, 0.1);
  const at::NoGradGuard no_grad;
  EXPECT_TRUE(torch::equal(forward(loaded, faces(2, 112, 96)), forward(model, faces(2, 112, 96))));
  std::filesystem::remove(path);
}

TEST(Model, NormalisationAndChannelOrderAreTheModels) {
  Model model = trained_model();
  const at::NoGradGuard no_grad;
  const Tensor expected = model.network->forward(normalize_images(faces(2), 127.5, 128.0, false));
  EXPECT_TRUE(torch::equal(forward(model, faces(2)), expected));
  model.input.channel_order = "bgr";
  EXPECT_TRUE(torch::equal(forward(model, faces(2).flip(3)), expected));
  EXPECT_FALSE(torch::allclose(forward(model, faces(2)), expected));
  model.input = {.mean = 0, .scale = 255};
  EXPECT_TRUE(
      torch::equal(forward(model, faces(2)), model.network->forward(normalize_images(faces(2), 0, 255, false))));
}

TEST(Model, AnImageOfAnotherSizeIsAnErrorThatNamesAlign) {
  try {
    forward(trained_model(), faces(1, 112, 96));
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(has(error.what(), "massface align")) << error.what();
    EXPECT_TRUE(has(error.what(), "112 high and 96 wide")) << error.what();
  }
}

TEST(Model, GradientsFlowWhereTheyAreAskedFor) {
  const Model model = trained_model();
  EXPECT_TRUE(forward(model, faces(1)).requires_grad());
  const at::NoGradGuard no_grad;
  EXPECT_FALSE(forward(model, faces(1)).requires_grad());
}

TEST(Model, UnderBf16TheEmbeddingsAreNearlyTheSame) {
  const Model model = trained_model({.height = 32, .width = 32});
  const Tensor images = faces(2, 32, 32);
  const Tensor exact = forward(model, images), rounded = forward(model, images, /*bf16=*/true);
  EXPECT_EQ(rounded.scalar_type(), at::kFloat);
  EXPECT_FALSE(torch::equal(rounded, exact));
  EXPECT_GT(at::cosine_similarity(rounded, exact).min().item<double>(), 0.99);
  rounded.sum().backward();
  for (const auto& item : model.network->named_parameters()) {
    EXPECT_EQ(item.value().grad().scalar_type(), at::kFloat) << item.key();
  }
  EXPECT_TRUE(torch::equal(forward(model, images), exact));  // bf16 ended with its call
}

TEST(Model, AFileThatIsNoModelOfOursSaysWhy) {
  const NamedTensors good = to_tensors(trained_model());
  EXPECT_EQ(mistake_in(good), "");
  EXPECT_TRUE(has(mistake_in({}), "not a MassFace model"));

  const auto with_metadata = [&](const std::string& name, const std::string& value) {
    NamedTensors changed = good;
    changed.metadata[name] = value;
    return mistake_in(changed);
  };
  EXPECT_TRUE(has(with_metadata("format", "other"), "its format is \"other\""));
  EXPECT_TRUE(has(with_metadata("backbone", "resnet"), "no network \"resnet\""));
  EXPECT_TRUE(has(with_metadata("embedding_size", "1x"), "embedding_size is \"1x\""));
  EXPECT_TRUE(has(with_metadata("embedding_size", "999999999999"), "embedding_size"));
  EXPECT_TRUE(has(with_metadata("input_height", "100"), "multiples of 16"));
  EXPECT_TRUE(has(with_metadata("channel_order", "rbg"), "rbg"));
  EXPECT_TRUE(has(with_metadata("scale", "0"), "scale"));
  EXPECT_TRUE(has(with_metadata("scale", "nan"), "scale"));

  NamedTensors changed = good;
  changed.metadata.erase("mean");
  EXPECT_TRUE(has(mistake_in(changed), "lacks \"mean\""));
  changed = good;
  changed.tensors.erase(changed.tensors.begin());
  EXPECT_TRUE(has(mistake_in(changed), "lacks the tensor stem.conv.weight"));
  changed = good;
  changed.tensors.emplace_back("surplus", torch::ones({1}));
  EXPECT_TRUE(has(mistake_in(changed), "has the tensor surplus"));
  changed = good;
  changed.tensors[0].second = torch::ones({64, 3, 3, 1});
  EXPECT_TRUE(has(mistake_in(changed), "stem.conv.weight is Float [64, 3, 3, 1]"));
  changed = good;
  changed.tensors[0].second = changed.tensors[0].second.to(at::kDouble);
  EXPECT_TRUE(has(mistake_in(changed), "Double"));
}

}  // namespace
}  // namespace massface
