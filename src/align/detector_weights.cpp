#include "align/detector_weights.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>
#include <link.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <span>
#include <vector>

#include "align/mtcnn_networks.h"
#include "core/error.h"
#include "core/files.h"
#include "core/hash.h"
#include "tensor_file/torch_file.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "MASSFACE_MTCNN";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The folder of the LibTorch that this process has loaded. A program of somebody else's finds the installation by it.
fs::path libtorch_folder() {
  fs::path folder;
  const auto look = [](dl_phdr_info* library, size_t, void* found) {
    const fs::path path = library->dlpi_name;
    if (path.filename() != "libtorch_cpu.so") return 0;
    *static_cast<fs::path*>(found) = path.parent_path();
    return 1;
  };
  ::dl_iterate_phdr(look, &folder);
  return folder;
}

std::vector<fs::path> data_folders() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  const std::string home = variable("XDG_DATA_HOME");
  std::vector<fs::path> folders{program / "../share/massface"};
  if (const fs::path libraries = libtorch_folder(); !libraries.empty()) {
    folders.push_back(libraries / "../../share/massface");  // of an installation's lib/massface
  }
  folders.push_back(program / "../../.deps");  // of build/release/massface
  folders.push_back((home.empty() ? fs::path(variable("HOME")) / ".local/share" : fs::path(home)) / "massface");
  return folders;
}

constexpr const char* kWhatToName =
    "Name the folder with facenet-pytorch's pnet.pt, rnet.pt and onet.pt, or the file that `massface import --detector "
    "mtcnn` made from them";

NamedTensors read_one_file(const fs::path& path) {
  const std::string name = printable(path.native());
  NamedTensors weights;
  try {
    weights = read_safetensors(path);
  } catch (const Error& error) {
    fail("{} contains no weights of MTCNN ({}). {}", name, error.what(), kWhatToName);
  }
  const auto is_mtcnn = [](const auto& named) { return named.first == "pnet.conv1.weight"; };
  require(std::ranges::any_of(weights.tensors, is_mtcnn), "{} contains no weights of MTCNN. {}", name, kWhatToName);
  return weights;
}

// said_by: the option or environment variable that names the path.
NamedTensors read_named(const std::string& path, const std::string& said_by) {
  std::error_code error;
  require(fs::exists(path, error), "{} is {}, but there is no such file or folder. {}", said_by, printable(path),
          kWhatToName);
  return read_detector_weights(path);
}

}  // namespace

NamedTensors read_detector_weights(const fs::path& path) {
  if (!is_folder(path)) return read_one_file(path);
  NamedTensors weights;
  for (const std::string net : {"pnet", "rnet", "onet"}) {
    for (auto& [name, tensor] : read_torch_file(path / (net + ".pt")).tensors) {
      weights.tensors.emplace_back(net + "." + name, std::move(tensor));
    }
  }
  return weights;
}

void write_detector_weights(const fs::path& path, NamedTensors weights) {
  const MtcnnNetworks complete(weights);  // throws if they are incomplete
  for (const auto& [name, tensor] : weights.tensors) {
    require(at::isfinite(tensor).all().item<bool>(), "the detector's weights: {} holds NaN or infinity",
            printable(name));
  }
  weights.metadata = {{"format", "massface-detector-1"}, {"detector", "mtcnn"}};
  write_safetensors(path, weights);
}

NamedTensors find_detector_weights(const std::string& given) {
  if (!given.empty()) return read_named(given, "--detector");
  if (const std::string named = variable(kVariable); !named.empty()) {
    return read_named(named, fmt::format("the environment variable {}", kVariable));
  }
  std::vector<std::string> looked;
  for (const fs::path& folder : data_folders()) {
    for (const char* name : {"mtcnn.safetensors", "mtcnn"}) {
      const fs::path path = folder / name;
      if (path_exists(path)) return read_detector_weights(path);
      const std::string shown = printable(path.lexically_normal().native());
      if (std::ranges::find(looked, shown) == looked.end()) looked.push_back(shown);
    }
  }
  fail(
      "the face detector's weights were not found. Looked at --detector (not given), the environment variable {} (not "
      "set) and {}. `./run setup` leaves them in the folder .deps/mtcnn of the checkout: name it with --detector, or "
      "copy "
      "it to {}",
      kVariable, fmt::join(looked, ", "), looked.back());
}

std::string fingerprint_of_detector(const NamedTensors& weights) {
  std::map<std::string, Tensor> by_name;
  for (const auto& [name, tensor] : weights.tensors) by_name[name] = tensor.to(at::kFloat).contiguous();
  uint64_t hash = 0;
  for (const auto& [name, tensor] : by_name) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(tensor.const_data_ptr<float>());
    hash = hash64(std::span(bytes, tensor.numel() * sizeof(float)), hash64(name, hash));
  }
  // The name of what was done with the weights: without the border, other landmarks were found with the same.
  return "mtcnn with a border " + hex(hash);
}

}  // namespace massface
