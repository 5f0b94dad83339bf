#include "dataset/inspect.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <limits>
#include <map>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>

#include "core/hash.h"
#include "dataset/same_names.h"
#include "image/decode.h"

namespace massface {
namespace {

// The number of images at which each bucket of the histogram begins; a bucket ends before the next one.
constexpr std::array<int64_t, 12> kBucketStarts = {1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 10000};

std::vector<ImagesPerIdentityBucket> histogram_of(const std::vector<int64_t>& sorted_counts) {
  std::vector<ImagesPerIdentityBucket> buckets;
  for (size_t i = 0; i < kBucketStarts.size(); ++i) {
    const bool last = i + 1 == kBucketStarts.size();
    buckets.push_back({kBucketStarts[i], last ? std::numeric_limits<int64_t>::max() : kBucketStarts[i + 1] - 1});
  }
  for (const int64_t count : sorted_counts) {
    auto& bucket = *std::ranges::find_if(buckets, [&](const auto& b) { return count <= b.to; });
    ++bucket.identities;
    bucket.images += count;
  }
  const auto is_filled = [](const ImagesPerIdentityBucket& bucket) { return bucket.identities > 0; };
  buckets.erase(std::find_if(buckets.rbegin(), buckets.rend(), is_filled).base(), buckets.end());
  buckets.erase(buckets.begin(), std::ranges::find_if(buckets, is_filled));
  buckets.back().to = std::min(buckets.back().to, sorted_counts.back());
  return buckets;
}

void count_images(const Dataset& dataset, DatasetSummary& summary) {
  std::vector<int64_t> counts;
  for (IdentityIndex identity = 0; identity < dataset.num_identities(); ++identity) {
    counts.push_back(dataset.num_images_of(identity));
  }
  std::ranges::sort(counts);
  const size_t middle = counts.size() / 2;
  summary.min_images_per_identity = counts.front();
  summary.max_images_per_identity = counts.back();
  summary.median_images_per_identity =
      counts.size() % 2 == 1 ? static_cast<double>(counts[middle])
                             : (static_cast<double>(counts[middle - 1]) + static_cast<double>(counts[middle])) / 2;
  summary.mean_images_per_identity = static_cast<double>(dataset.size()) / static_cast<double>(counts.size());
  summary.histogram = histogram_of(counts);
}

// The results of one thread.
struct ReadImages {
  int64_t jpeg = 0;
  int64_t png = 0;
  int64_t webp = 0;
  int64_t raw = 0;
  std::map<std::pair<int64_t, int64_t>, int64_t> images_of_size;  // width, height
  std::vector<UnreadableImage> unreadable;
  std::vector<DamagedBytes> damage;
  std::vector<HashedImage> hashed;

  int64_t& count_of(ImageFormat format) {
    switch (format) {
      case ImageFormat::kJpeg:
        return jpeg;
      case ImageFormat::kPng:
        return png;
      case ImageFormat::kWebp:
        return webp;
      default:
        return raw;
    }
  }
};

void read_image(const Dataset& dataset, ImageIndex image, ImageDecoder& decoder, ReadImages& found) {
  try {
    std::vector<uint8_t> storage;
    const auto bytes = dataset.view_bytes(image, storage);
    const ImageFormat format = read_image_header(bytes).format;
    const Image decoded = decoder.decode(bytes);
    ++found.count_of(format);
    ++found.images_of_size[{decoded.width, decoded.height}];
    found.hashed.push_back({image, hash64(bytes)});
  } catch (const DamagedImage& damaged) {
    found.unreadable.push_back({image, dataset.image_name(image), damaged.what()});
    found.damage.push_back(damaged.bytes());
  } catch (const std::exception& bad) {
    found.unreadable.push_back({image, dataset.image_name(image), bad.what()});
  }
}

// Each thread takes the next few images that no other thread has taken, so that a slow disk holds up only the thread
// that waits for it.
std::vector<ReadImages> read_all_images(const Dataset& dataset, int64_t threads) {
  constexpr int64_t kAtATime = 64;
  std::vector<ReadImages> found(static_cast<size_t>(threads));
  std::atomic<ImageIndex> next{0};
  std::vector<std::thread> workers;
  for (ReadImages& mine : found) {
    workers.emplace_back([&dataset, &next, &mine] {
      ImageDecoder decoder;
      for (ImageIndex begin; (begin = next.fetch_add(kAtATime)) < dataset.size();) {
        const ImageIndex end = std::min(begin + kAtATime, dataset.size());
        for (ImageIndex image = begin; image < end; ++image) read_image(dataset, image, decoder, mine);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  return found;
}

void add_images(const Dataset& dataset, std::vector<ReadImages> found, DatasetSummary& summary) {
  std::vector<HashedImage> hashed;
  std::map<std::pair<int64_t, int64_t>, int64_t> images_of_size;
  for (ReadImages& part : found) {
    summary.jpeg_images += part.jpeg;
    summary.png_images += part.png;
    summary.webp_images += part.webp;
    summary.raw_images += part.raw;
    for (const auto& [size, images] : part.images_of_size) images_of_size[size] += images;
    std::ranges::move(part.unreadable, std::back_inserter(summary.unreadable));
    std::ranges::move(part.damage, std::back_inserter(summary.damage));
    hashed.insert(hashed.end(), part.hashed.begin(), part.hashed.end());
  }
  summary.equal = find_equal_images(dataset, std::move(hashed));
  for (const auto& [size, images] : images_of_size) summary.sizes.push_back({size.first, size.second, images});
  std::ranges::stable_sort(summary.sizes, std::greater(), &ImageSizeCount::images);
  std::ranges::sort(summary.unreadable, {}, &UnreadableImage::image);
  std::ranges::sort(summary.damage, {}, [](const DamagedBytes& damage) {
    return std::tuple(std::string_view(damage.file), damage.first, damage.end);
  });
}

}  // namespace

void InspectOptions::describe(OptionTable& table) {
  table.add("data", data,
            "The face set: a folder of identity folders, a list file of `path identity` lines, a packed set (.mfp), "
            "MXNet records (train.rec), or several of these separated by ':'");
  table.add("scan_only", scan_only, "Count the files without reading them");
  table.add("cache", cache, "Use and update the scan of the folders in the user's cache folder");
  table.add("threads", threads, {.min = 0, .max = 1024},
            "Number of threads that read images (0: one per available core)");
  describe_same_names(table, same_names);
}

DatasetSummary inspect_dataset(const Dataset& dataset, bool read_images, int64_t threads) {
  DatasetSummary summary{.identities = dataset.num_identities(),
                         .images = dataset.size(),
                         .fingerprint = dataset.fingerprint(),
                         .left_out = dataset.left_out(),
                         .shared_names = dataset.shared_names(),
                         .images_were_read = read_images};
  count_images(dataset, summary);
  if (!read_images) return summary;
  summary.damage = dataset.find_damage();
  add_images(dataset, read_all_images(dataset, threads), summary);
  return summary;
}

}  // namespace massface
