#include "dataset/pack_dataset.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <optional>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "core/threads.h"
#include "image/decode.h"
#include "image/raw_image.h"

namespace massface {
namespace {

// An image that is ready to be written, or the reason why it is left out.
struct PreparedImage {
  std::vector<uint8_t> storage;
  std::span<const uint8_t> bytes;  // a view of storage, or of memory of the set
  std::optional<std::string> bad;  // the reason why it is left out
};

class Preparer {
 public:
  Preparer(const Dataset& dataset, const PackOptions& options)
      : dataset_(dataset), options_(options), decoders_(static_cast<size_t>(resolve_threads(options.threads))) {}

  // Prepares the images from `first` on: at least one, and at most as many as are held in memory at once.
  std::vector<PreparedImage> prepare(ImageIndex first) {
    constexpr int64_t kMostImages = 4096, kMostBytes = int64_t{256} << 20;
    const ImageIndex end = std::min(first + kMostImages, dataset_.size());
    std::vector<PreparedImage> images(static_cast<size_t>(end - first));
    std::atomic<ImageIndex> next{first};
    std::atomic<int64_t> bytes_held{0};
    const auto work = [&](ImageDecoder& decoder) {
      while (bytes_held < kMostBytes) {
        const ImageIndex image = next++;
        if (image >= end) return;
        PreparedImage& prepared = images[static_cast<size_t>(image - first)];
        prepare(image, decoder, prepared);
        bytes_held += static_cast<int64_t>(prepared.storage.size());
      }
    };
    {
      std::vector<std::jthread> others;
      for (size_t i = 1; i < decoders_.size(); ++i) others.emplace_back([&, i] { work(decoders_[i]); });
      work(decoders_.front());
    }
    images.resize(static_cast<size_t>(std::min(next.load(), end) - first));
    return images;
  }

 private:
  void prepare(ImageIndex image, ImageDecoder& decoder, PreparedImage& prepared) const {
    try {
      prepared.bytes = dataset_.view_bytes(image, prepared.storage);
      const ImageHeader header = read_image_header(prepared.bytes);
      if (header.format == ImageFormat::kRaw || (!options_.decode && !options_.check_images)) return;
      const Image decoded = decoder.decode(prepared.bytes);
      if (!options_.decode) return;
      prepared.storage = encode_raw_image(decoded);
      prepared.bytes = prepared.storage;
    } catch (const std::exception& bad) {
      prepared.bad = bad.what();
    }
  }

  const Dataset& dataset_;
  const PackOptions& options_;
  std::vector<ImageDecoder> decoders_;  // one per thread
};

void require_few_bad(const Dataset& dataset, const std::vector<UnreadableImage>& bad, double max_fraction) {
  if (static_cast<double>(bad.size()) <= max_fraction * static_cast<double>(dataset.size())) return;
  std::string list;
  for (size_t i = 0; i < std::min<size_t>(bad.size(), 5); ++i) list += "\n  " + to_line(bad[i]);
  fail(
      "{} of the {} images are unreadable so far, more than the fraction {} that max_bad_fraction allows, so nothing "
      "is packed. The first:{}\nRepair or remove them (`massface inspect` lists all), or pass a larger "
      "--max-bad-fraction to leave them out",
      bad.size(), dataset.size(), max_fraction, list);
}

}  // namespace

void PackOptions::describe(OptionTable& table) {
  table.add("decode", decode,
            "Store images decoded, height x width x 3 bytes each: several times larger, but nothing to decode when "
            "they are read");
  table.add("shard_size", shard_size,
            "Write several files, and close each after the identity with which it reaches this size, such as 500M or "
            "4G. Empty: one file");
  table.add("check_images", check_images,
            "Decode every image and leave out those that cannot be decoded; false: check only their headers");
  table.add("max_bad_fraction", max_bad_fraction, {.min = 0, .max = 1},
            "Unreadable images are left out and listed; nothing is packed if they exceed this fraction of all images");
  table.add("threads", threads, {.min = 0, .max = 1024},
            "Number of threads that read images (0: one per available core)");
}

uint64_t parse_shard_size(const std::string& text) {
  if (text.empty()) return 0;
  constexpr uint64_t kMost = uint64_t{1} << 50;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(end, text.data() + text.size());
  const size_t power = std::string_view(" kMGT").find(unit.empty() ? " " : unit);
  require(error == std::errc() && unit.size() <= 1 && unit != " " && power != std::string_view::npos && value >= 1 &&
              value <= kMost >> 10 * power,
          "shard_size is \"{}\": expected a number of bytes, at least 1, followed by k, M, G or T for powers of "
          "1024 if needed, such as 500M or 4G",
          printable(text));
  return value << 10 * power;
}

PackResult pack_dataset(const Dataset& dataset, const std::filesystem::path& path, const PackOptions& options,
                        const PackProgress& progress) {
  PackedSetWriter writer(path, options.decode, parse_shard_size(options.shard_size));
  Preparer preparer(dataset, options);
  PackResult result;
  IdentityIndex begun = -1;  // the identity whose images are being written
  int64_t identities = 0;
  for (ImageIndex image = 0; image < dataset.size();) {
    for (const PreparedImage& prepared : preparer.prepare(image)) {
      if (prepared.bad) {
        result.left_out.push_back({image, dataset.image_name(image), *prepared.bad});
      } else {
        if (const IdentityIndex identity = dataset.identity_of(image); identity != begun) {
          writer.begin_identity(dataset.identity_name(identity));
          begun = identity;
          ++identities;
        }
        writer.add_image(dataset.file_name(image), prepared.bytes);
      }
      ++image;
    }
    require_few_bad(dataset, result.left_out, options.max_bad_fraction);
    if (progress) progress(image, dataset.size());
  }
  if (identities == 0) {
    fail("none of the {} images is readable, so nothing is packed. The first: {}", dataset.size(),
         to_line(result.left_out.front()));
  }
  result.identities_left_out = dataset.num_identities() - identities;
  result.written = writer.finish();
  return result;
}

}  // namespace massface
