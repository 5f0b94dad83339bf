// JPEGs of all kinds that are decoded.
#include "image/testing_fuzz_image.h"
#include "image/testing_samples.h"

namespace massface {
namespace {

std::vector<std::vector<uint8_t>> seeds() {
  const Image image = sample::gradient(9, 17);
  std::vector<std::vector<uint8_t>> files;
  for (const auto kind : {sample::kBaseline, sample::kProgressive, sample::kGrey}) {
    files.push_back(sample::jpeg(image, kind));
  }
  files.push_back(sample::ycck_jpeg(std::vector<uint8_t>(8 * 8 * 4, 99), 8, 8));
  return files;
}

}  // namespace

FuzzTarget fuzz_target() {
  return {decode_fuzzed,
          seeds,
          {"\xff\xd8", "\xff\xc0", "\xff\xc1", "\xff\xc2", "\xff\xc4", "\xff\xc9", "\xff\xcc", "\xff\xd9", "\xff\xda",
           "\xff\xdb", "\xff\xdd", "\xff\xe1", "\xff\xee", "Adobe", "JFIF"}};
}

}  // namespace massface
