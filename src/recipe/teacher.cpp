#include "recipe/teacher.h"

#include <filesystem>

#include "checkpoint/run_weights.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"

namespace massface {
namespace {

std::filesystem::path weights_of(const DistillOptions& options) {
  try {
    return find_run_weights(options.teacher);
  } catch (const Error& error) {
    fail("distill.teacher: {}", error.what());
  }
}

}  // namespace

Teacher open_teacher(const DistillOptions& options, const Model& student) {
  const std::filesystem::path weights = weights_of(options);
  const NamedTensors tensors = decode_safetensors(read_file(weights), weights.native());
  Teacher teacher{.model = from_tensors(tensors, weights.native()),
                  .hash_of_weights = hash64(encode_safetensors({.tensors = tensors.tensors}))};
  const InputFormat &taken = teacher.model.input, &given = student.input;
  require(
      taken.height == given.height && taken.width == given.width,
      "distill.teacher: {} takes images of {} x {} (height x width), but the network that learns from it takes {} x "
      "{}. Set input.height={} and input.width={}, or take another teacher",
      printable(weights.native()), taken.height, taken.width, given.height, given.width, taken.height, taken.width);
  teacher.model.network->to(student.network->parameters().front().device());
  return teacher;
}

}  // namespace massface
