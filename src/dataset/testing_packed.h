#pragma once

#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/hash.h"
#include "core/random.h"
#include "core/testing_folder.h"
#include "dataset/dataset.h"
#include "dataset/inspect.h"
#include "dataset/packed_format.h"
#include "dataset/packed_writer.h"
#include "image/encode.h"

namespace massface {

using Bytes = std::vector<uint8_t>;

namespace sample {

inline Image uniform(int64_t height, int64_t width, uint8_t red, uint8_t green, uint8_t blue) {
  Image image{.height = height, .width = width};
  for (int64_t i = 0; i < height * width; ++i) {
    for (const uint8_t level : {red, green, blue}) image.pixels.push_back(level);
  }
  return image;
}

// Images of different sizes are never alike.
inline Image gradient(int64_t height, int64_t width) {
  Image image{.height = height, .width = width};
  for (int64_t i = 0; i < height * width * 3; ++i) image.pixels.push_back(static_cast<uint8_t>(7 * i + i / width));
  return image;
}

}  // namespace sample

inline std::string_view text_of(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Reads everything in a set, as the verbs do between them. Whatever is wrong with the bytes of a file, the outcome is
// an answer or an Error.
inline DatasetSummary look_at_everything(const Dataset& dataset) {
  for (ImageIndex image = 0; image < dataset.size(); ++image) {
    EXPECT_LT(dataset.identity_of(image), dataset.num_identities());
    dataset.image_name(image);
    dataset.file_name(image);
  }
  return inspect_dataset(dataset, true, 1);
}

// Makes one to four changes such as disks, networks and people make: flipped bits, numbers that are large or off
// by one, a file that ends too early or too late, a stretch of bytes moved. Never returns the bytes unchanged.
inline Bytes mutated(const Bytes& good, Random random) {
  Bytes bytes = good;
  for (uint64_t change = 0; change <= random.below(4) || bytes == good; ++change) {
    const size_t at = random.below(bytes.size());
    switch (random.below(6)) {
      case 0:
      case 1:
        bytes[at] ^= static_cast<uint8_t>(1 << random.below(8));
        break;
      case 2: {
        const uint64_t numbers[] = {
            0, 1, 0xFF, uint64_t{1} << 31, uint64_t{1} << 40, uint64_t{1} << 63, ~uint64_t{0}, bytes.size()};
        const uint64_t number = numbers[random.below(8)] + random.below(3) - 1;
        const size_t place = at / 4 * 4;
        std::memcpy(bytes.data() + place, &number,
                    std::min<size_t>(random.below(2) == 0 ? 4 : 8, bytes.size() - place));
        break;
      }
      case 3:
        bytes.resize(std::max<size_t>(at, 1));
        break;
      case 4:
        bytes.insert(bytes.end(), random.below(300), static_cast<uint8_t>(random.below(256)));
        break;
      default: {
        const size_t from = random.below(bytes.size()), length = random.below(64);
        for (size_t i = 0; i < length && at + i < bytes.size() && from + i < bytes.size(); ++i) {
          bytes[at + i] = bytes[from + i];
        }
      }
    }
  }
  return bytes;
}

// Imitates a writer that lies: makes the checksums of the header and the sections fit the bytes, whatever they are.
inline void sign_packed(Bytes& file) {
  if (file.size() < sizeof(PackedHeader)) return;
  PackedHeader header;
  std::memcpy(&header, file.data(), sizeof(header));
  for (size_t i = kFirstImages; i < kPackedSections; ++i) {
    auto& [offset, bytes, xxh3] = header.sections[i];
    if (offset > file.size() || bytes > file.size() - offset) continue;
    xxh3 = hash64(std::span<const uint8_t>(file).subspan(offset, bytes));
  }
  header.xxh3 = header.computed_xxh3();
  std::memcpy(file.data(), &header, sizeof(header));
}

}  // namespace massface
