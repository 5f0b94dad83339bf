#include "pipeline/decoded_images.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "core/files.h"
#include "core/threads.h"
#include "pipeline/sized_decoder.h"

namespace massface {
namespace {

// Number of images that are decoded at a time: 150 MB at 112 x 112 pixels.
constexpr int64_t kImagesOfPart = 4096;

// Decodes images on several threads and records those that cannot be used in `found`.
class PartDecoder {
 public:
  PartDecoder(const Dataset& dataset, OtherSize other_size, DecodedImages& found)
      : dataset_(dataset), other_size_(other_size), found_(found) {}

  // Decodes images [first, first + count) into rgb, on `threads` threads.
  void decode(ImageIndex first, int64_t count, uint8_t* rgb, int64_t threads) {
    std::atomic<int64_t> next = 0;
    const auto work = [&] {
      SizedDecoder decoder(found_.pixels.size(1), found_.pixels.size(2), other_size_);
      std::vector<uint8_t> storage;
      for (int64_t i = next++; i < count; i = next++) {
        decode_one(decoder, first + i, rgb + i * decoder.bytes_per_image(), storage);
      }
    };
    std::vector<std::jthread> others;
    for (int64_t i = 1; i < std::min(threads, count); ++i) others.emplace_back(work);
    work();
  }

 private:
  void decode_one(SizedDecoder& decoder, ImageIndex image, uint8_t* rgb, std::vector<uint8_t>& storage) {
    std::span<const uint8_t> bytes;
    try {
      bytes = dataset_.view_bytes(image, storage);
    } catch (const Error& unreadable) {
      return note(found_.bad, image, unreadable.what());
    }
    try {
      decoder.decode_into(bytes, rgb);
    } catch (const BadImage& bad) {
      note(found_.bad, image, bad.what());
    } catch (const std::exception& other) {  // another size; no exception may leave a thread
      note(found_.refused, image, fmt::format("{}: {}", printable(dataset_.image_name(image)), other.what()));
    }
  }

  void note(std::map<ImageIndex, std::string>& list, ImageIndex image, std::string why) {
    const std::lock_guard lock(mutex_);
    list.emplace(image, std::move(why));
  }

  const Dataset& dataset_;
  const OtherSize other_size_;
  DecodedImages& found_;
  std::mutex mutex_;
};

}  // namespace

DecodedImages decode_all(const Dataset& dataset, int64_t height, int64_t width, const PipelineOptions& options,
                         at::Device device) {
  DecodedImages decoded;
  decoded.pixels = at::empty({dataset.size(), height, width, 3}, at::TensorOptions(at::kByte).device(device));
  const int64_t threads = options.decode_threads > 0 ? options.decode_threads : available_cores();
  PartDecoder decoder(dataset, options.other_size(), decoded);
  for (ImageIndex first = 0; first < dataset.size(); first += kImagesOfPart) {
    const int64_t count = std::min(kImagesOfPart, dataset.size() - first);
    Tensor rows = decoded.pixels.narrow(0, first, count);
    const Tensor part = device.is_cpu() ? rows : at::empty({count, height, width, 3}, at::kByte);
    decoder.decode(first, count, part.mutable_data_ptr<uint8_t>(), threads);
    if (!device.is_cpu()) rows.copy_(part);
  }
  return decoded;
}

bool keeps_decoded(const std::string& device_cache, int64_t bytes, int64_t free_bytes, bool on_gpu) {
  if (device_cache == "off") return false;
  if (device_cache == "auto") return on_gpu && bytes <= free_bytes / 2;
  check(device_cache == "on", "the cache is a described choice");
  require(free_bytes == 0 || bytes <= free_bytes,
          "pipeline.device_cache is \"on\", but the decoded training images take {:.2f} GB and only {:.2f} GB are free "
          "{}. Choose \"auto\" or \"off\"; images are then decoded ahead of each step",
          1e-9 * static_cast<double>(bytes), 1e-9 * static_cast<double>(free_bytes),
          on_gpu ? "on the GPU" : "in memory");
  return true;
}

}  // namespace massface
