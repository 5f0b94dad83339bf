// The functions that libFuzzer calls (https://llvm.org/docs/LibFuzzer.html), for the target that is linked with them.
// With --seeds=FOLDER, the program writes the target's seeds into FOLDER and its words to FOLDER.words, and ends.
#include "core/testing_fuzz.h"

#include <fmt/format.h>

#include <fstream>

namespace massface {
namespace {

void write_seeds(const std::filesystem::path& folder) {
  const FuzzTarget target = fuzz_target();
  const auto seeds = target.seeds();
  for (size_t i = 0; i < seeds.size(); ++i) {
    target.read(seeds[i]);  // a seed is valid; if not, the exception ends the program
    FuzzFile::write(folder / fmt::format("seed{}", i), seeds[i]);
  }
  std::ofstream words(folder.native() + ".words");
  for (const std::string& word : target.words) {
    words << '"';
    for (const char letter : word) words << fmt::format("\\x{:02x}", static_cast<uint8_t>(letter));
    words << "\"\n";
  }
}

}  // namespace
}  // namespace massface

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  constexpr std::string_view kSeeds = "--seeds=";
  for (int i = 1; i < *count; ++i) {
    const std::string_view argument = (*arguments)[i];
    if (!argument.starts_with(kSeeds)) continue;
    massface::write_seeds(argument.substr(kSeeds.size()));
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const massface::FuzzTarget target = massface::fuzz_target();
  try {
    target.read({bytes, size});
  } catch (const massface::Error&) {
  } catch (const massface::Failure&) {
  }
  return 0;
}
