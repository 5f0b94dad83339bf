#include "align/detector_weights.h"

#include <fmt/ranges.h>

#include <cstdlib>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "tensor_file/torch_file.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "MASSFACE_MTCNN";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<fs::path> data_folders() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  const std::string home = variable("XDG_DATA_HOME");
  return {program / "../share/massface",
          program / "../../.deps",  // of build/release/massface
          (home.empty() ? fs::path(variable("HOME")) / ".local/share" : fs::path(home)) / "massface"};
}

}  // namespace

NamedTensors read_detector_weights(const fs::path& path) {
  if (!fs::is_directory(path)) return read_safetensors(path);
  NamedTensors weights;
  for (const std::string net : {"pnet", "rnet", "onet"}) {
    for (auto& [name, tensor] : read_torch_file(path / (net + ".pt")).tensors) {
      weights.tensors.emplace_back(net + "." + name, std::move(tensor));
    }
  }
  return weights;
}

NamedTensors find_detector_weights(const std::string& given) {
  if (!given.empty()) return read_detector_weights(given);
  if (const std::string named = variable(kVariable); !named.empty()) return read_detector_weights(named);
  std::vector<std::string> looked;
  for (const fs::path& folder : data_folders()) {
    for (const char* name : {"mtcnn.safetensors", "mtcnn"}) {
      const fs::path path = folder / name;
      if (fs::exists(path)) return read_detector_weights(path);
      looked.push_back(printable(path.lexically_normal().native()));
    }
  }
  fail(
      "the face detector's weights were not found. Looked at --detector (not given), the environment variable {} (not "
      "set) and {}. `./run setup` fetches them; or name the folder of facenet-pytorch's pnet.pt, rnet.pt and onet.pt",
      kVariable, fmt::join(looked, ", "));
}

}  // namespace massface
