#include "pipeline/image_sizes.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/files.h"
#include "pipeline/sized_decoder.h"

namespace massface {
namespace {

// Number of images after which the threads meet, so that the first refused image in order is found without looking at
// all that follow.
constexpr int64_t kImagesAtOnce = 4096;

// Returns why the image's size is not accepted, or "".
std::string complaint_about(const Dataset& dataset, ImageIndex image, SizedDecoder& decoder,
                            std::vector<uint8_t>& storage) {
  std::span<const uint8_t> bytes;
  try {
    bytes = dataset.view_bytes(image, storage);
  } catch (const Error&) {
    return "";
  }
  try {
    decoder.require_size(bytes);
  } catch (const BadImage&) {
    return "";
  } catch (const Error& other_size) {
    return other_size.what();
  }
  return "";
}

}  // namespace

void require_image_sizes(const Dataset& dataset, int64_t height, int64_t width, OtherSize other_size, int64_t threads) {
  if (other_size == OtherSize::kResize) return;
  for (ImageIndex first = 0; first < dataset.size(); first += kImagesAtOnce) {
    const ImageIndex end = std::min(first + kImagesAtOnce, dataset.size());
    std::atomic<ImageIndex> next = first;
    std::mutex mutex;
    std::map<ImageIndex, std::string> refused;  // guarded by mutex
    const auto work = [&] {
      SizedDecoder decoder(height, width, other_size);
      std::vector<uint8_t> storage;
      for (ImageIndex image = next++; image < end; image = next++) {
        std::string complaint = complaint_about(dataset, image, decoder, storage);
        if (complaint.empty()) continue;
        const std::lock_guard lock(mutex);
        refused.emplace(image, std::move(complaint));
      }
    };
    {
      std::vector<std::jthread> others;
      for (int64_t i = 1; i < std::min(threads, end - first); ++i) others.emplace_back(work);
      work();
    }
    if (refused.empty()) continue;
    const auto& [image, complaint] = *refused.begin();
    fail("{}: {}", printable(dataset.image_name(image)), complaint);
  }
}

}  // namespace massface
