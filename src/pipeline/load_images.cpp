#include "pipeline/load_images.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <mutex>
#include <thread>

#include "core/files.h"

namespace massface {
namespace {

std::span<const uint8_t> bytes_of(const ImageSource& source, std::vector<uint8_t>& storage) {
  if (source.is_file) return storage = read_file(source.name);
  if (source.dataset == nullptr) return source.bytes;
  try {
    return source.dataset->view_bytes(source.image, storage);
  } catch (const DamagedImage& damaged) {
    throw BadImage(fmt::format("{}: {}", printable(source.name), damaged.what()));
  }
}

void load_image(SizedDecoder& decoder, const ImageSource& source, uint8_t* rgb) {
  std::vector<uint8_t> storage;
  const auto bytes = bytes_of(source, storage);
  try {
    decoder.decode_into(bytes, rgb);
  } catch (const BadImage& bad) {
    throw BadImage(fmt::format("{}: {}", printable(source.name), bad.what()));
  } catch (const Error& wrong_size) {
    fail("{}: {}", printable(source.name), wrong_size.what());
  }
}

// Keeps the error of the first image, in order, that has one.
class FirstError {
 public:
  void store(size_t index, std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    if (error_ && index_ <= index) return;
    index_ = index;
    error_ = std::move(error);
    stored_ = true;
  }
  bool stored() const { return stored_; }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::mutex mutex_;
  size_t index_ = 0;
  std::exception_ptr error_;
  std::atomic<bool> stored_ = false;
};

}  // namespace

Tensor load_images(const std::vector<ImageSource>& sources, int64_t height, int64_t width, OtherSize other_size,
                   int64_t threads) {
  const Tensor images = at::empty({std::ssize(sources), height, width, 3}, at::kByte);
  uint8_t* rgb = images.data_ptr<uint8_t>();
  FirstError error;
  std::atomic<size_t> next = 0;
  const auto load = [&] {
    SizedDecoder decoder(height, width, other_size);
    // Images are started in order: once one has failed, all before it have been started, and will be finished.
    while (!error.stored()) {
      const size_t index = next++;
      if (index >= sources.size()) return;
      try {
        load_image(decoder, sources[index], rgb + static_cast<int64_t>(index) * decoder.bytes_per_image());
      } catch (...) {
        error.store(index, std::current_exception());
      }
    }
  };
  {
    std::vector<std::jthread> others;
    const int64_t useful = std::min(threads, static_cast<int64_t>(sources.size()));
    for (int64_t i = 1; i < useful; ++i) others.emplace_back(load);
    load();
  }
  error.rethrow();
  return images;
}

}  // namespace massface
