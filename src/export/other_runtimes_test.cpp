// The files that are exported, read by those whom they are for: onnxruntime, OpenCV and PyTorch
// (tools/check_exports.py).
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

#include "core/files.h"
#include "core/testing_folder.h"
#include "core/testing_places.h"
#include "export/compared_embeddings.h"
#include "export/export_model.h"
#include "export/graph_embedder.h"
#include "export/graph_of_model.h"
#include "export/onnx_file.h"
#include "export/quantize.h"
#include "export/testing_exports.h"
#include "kernels/unit_rows.h"
#include "tensor_file/npy.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kCheckedImages = 64;
constexpr int kSkipped = 77;  // exit code of the script

// The Python that ./run test installs the packages of deps/test.txt for; MASSFACE_TEST_PYTHON names another.
fs::path python_of_tests() {
  const char* other = std::getenv("MASSFACE_TEST_PYTHON");
  return other != nullptr ? fs::path(other) : source_root() / ".deps/test-venv/bin/python";
}

struct OtherRuntimes : TestingFolder {
  // The network's own embeddings of the images, computed layer by layer.
  void write_expected(const std::string& name, const Model& model, const Tensor& images) {
    const at::NoGradGuard no_grad;
    Model plain = copy_of(model);
    choose_kernels(plain, {.kernels = "reference"});
    plain.network->eval();
    write_npy(path(name + ".images.npy"), images);
    write_npy(path(name + ".embeddings.npy"), unit_rows(forward(plain, images)));
  }

  void export_as(const std::string& name, const Model& model, const ExportOptions& options) {
    const std::string weights = path(name + ".safetensors");
    save_model(weights, model);
    export_model(weights, path(name + (options.format == "torch" ? ".pt" : ".onnx")), options);
  }

  // Returns the exit status of the script, which prints what it compared.
  int check() const {
    const fs::path stand_ins = python_of_tests().parent_path().parent_path() / "stand_ins";
    const std::string command = "LD_LIBRARY_PATH='" + stand_ins.native() + "' '" + python_of_tests().native() + "' '" +
                                (source_root() / "tools/check_exports.py").native() + "' '" + folder_.native() + "'";
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  void SetUp() override {
    if (!fs::exists(python_of_tests())) GTEST_SKIP() << "no " << python_of_tests() << " (./run test installs it)";
  }
};

TEST_F(OtherRuntimes, EmbedAsTheNetworkDoes) {
  for (const std::string& name : backbone_names()) {
    // The small networks at their full size.
    const bool is_small = name.starts_with("mobilefacenet");
    const Model model = is_small ? varied_model(name, {}) : small_varied_model(name);
    const Tensor images = faces_to_compare(model.input, kCheckedImages);
    for (const bool all_inclusive : {false, true}) {
      const std::string file = name + (all_inclusive ? "_bytes" : "_numbers");
      export_as(file, model,
                {.preprocessing = all_inclusive,
                 .unit_length = all_inclusive,
                 .runtime = all_inclusive ? "opencv" : "onnxruntime"});
      write_expected(file, model, images);
    }
  }
  EXPECT_EQ(check(), 0);
}

TEST_F(OtherRuntimes, ComputeIn8BitsWhatTheInterpreterComputes) {
  for (const std::string name : {"mobilefacenet", "iresnet18", "inception_resnet_v1"}) {
    const Model model = small_varied_model(name);
    const Tensor images = faces_to_compare(model.input, kCheckedImages);
    OnnxGraph graph = graph_of(model, {.preprocessing = true});
    graph.metadata = {{"precision", "int8"}, {"preprocessing", "true"}, {"unit_length", "false"}};
    const std::string bytes = encode_onnx(quantize(graph, measure_ranges(OnnxInterpreter(graph), model.input, images)));
    write_file_atomically(path(name + ".onnx"), bytes);
    write_npy(path(name + ".images.npy"), images);
    write_npy(path(name + ".embeddings.npy"), GraphEmbedder(bytes, model.input).embed(images, Flip::kNone));
  }
  EXPECT_EQ(check(), 0);
}

TEST_F(OtherRuntimes, PyTorchLoadsTheStateDictionary) {
  export_as("network", small_varied_model("iresnet18"), {.format = "torch"});
  const int status = check();
  if (status == kSkipped) GTEST_SKIP() << "PyTorch's wheel was not unpacked here";
  EXPECT_EQ(status, 0);
}

// Otherwise the tests above might have compared nothing.
TEST_F(OtherRuntimes, TheScriptSeesAWrongEmbedding) {
  const Model model = small_varied_model("mobilefacenet");
  const Tensor images = faces_to_compare(model.input, kCheckedImages);
  export_as("network", model, {});
  write_expected("network", model, images.flip(0));
  write_npy(path("network.images.npy"), images);
  EXPECT_EQ(check(), 1);
  fs::remove(path("network.onnx"));
  EXPECT_EQ(check(), 1);  // nothing to compare
}

}  // namespace
}  // namespace massface
