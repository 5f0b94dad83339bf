#include "pipeline/load_images.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <mutex>
#include <thread>

#include "core/files.h"
#include "image/image_file.h"

namespace massface {
namespace {

// Returns why the image cannot be read, or "". Throws Error for one of another size.
std::string load_image(SizedDecoder& decoder, const ImageSource& source, uint8_t* rgb) {
  std::vector<uint8_t> storage;
  std::span<const uint8_t> bytes;
  try {
    bytes = image_bytes(source, storage);
  } catch (const Error& unreadable) {
    return unreadable.what();
  }
  try {
    decoder.decode_into(bytes, rgb);
    return "";
  } catch (const BadImage& bad) {
    return bad.what();
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

ImageSource image_source(const Dataset& dataset, ImageIndex image) {
  return {.name = dataset.image_name(image), .is_file = false, .dataset = &dataset, .image = image};
}

std::span<const uint8_t> image_bytes(const ImageSource& source, std::vector<uint8_t>& storage) {
  if (source.is_file) return storage = read_image_file(source.name);
  return source.dataset == nullptr ? source.bytes : source.dataset->view_bytes(source.image, storage);
}

LoadedImages load_images(const std::vector<ImageSource>& sources, int64_t height, int64_t width, OtherSize other_size,
                         int64_t threads) {
  LoadedImages loaded{.images = at::empty({std::ssize(sources), height, width, 3}, at::kByte)};
  uint8_t* rgb = loaded.images.data_ptr<uint8_t>();
  std::vector<std::string> reasons(sources.size());
  FirstError error;
  std::atomic<size_t> next = 0;
  const auto load = [&] {
    SizedDecoder decoder(height, width, other_size);
    // Images are started in order: once one has failed, all before it have been started, and will be finished.
    while (!error.stored()) {
      const size_t index = next++;
      if (index >= sources.size()) return;
      uint8_t* const pixels = rgb + static_cast<int64_t>(index) * decoder.bytes_per_image();
      try {
        reasons[index] = load_image(decoder, sources[index], pixels);
        if (!reasons[index].empty()) std::fill_n(pixels, decoder.bytes_per_image(), uint8_t{0});
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
  for (size_t i = 0; i < sources.size(); ++i) {
    if (reasons[i].empty()) continue;
    loaded.unreadable.push_back({static_cast<int64_t>(i), sources[i].name, std::move(reasons[i])});
  }
  return loaded;
}

}  // namespace massface
