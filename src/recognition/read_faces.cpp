#include "recognition/read_faces.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "align/decide_photograph.h"
#include "align/manifest.h"
#include "core/error.h"
#include "core/stop_signal.h"
#include "image/image_file.h"
#include "pipeline/sized_decoder.h"

namespace massface {
namespace {

ReadImage read_image_of(DecidedPhotograph decided) {
  ReadImage image{.decision = decided.decision, .reason = std::move(decided.reason)};
  if (!decided.photograph) return image;
  image.height = decided.photograph->height;
  image.width = decided.photograph->width;
  image.faces = std::move(decided.photograph->faces);
  return image;
}

// The face of a crop is all of it.
ReadImage read_crop(const std::filesystem::path& file, SizedDecoder& decoder, const InputFormat& input) {
  ReadImage image{.decision = decision::kBadImage};
  AlignedFace face{
      .face = {.box = {0, 0, static_cast<float>(input.width), static_cast<float>(input.height)}, .score = 1},
      .crop = {input.height, input.width, std::vector<uint8_t>(static_cast<size_t>(decoder.bytes_per_image()))}};
  try {
    decoder.decode_into(read_image_file(file), face.crop.pixels.data());
  } catch (const Error& bad) {  // another size is as little an end of the work as damage
    image.reason = bad.what();
    return image;
  }
  image.decision = decision::kAligned;
  image.height = input.height;
  image.width = input.width;
  image.faces.push_back(std::move(face));
  return image;
}

int64_t bytes_of(const std::filesystem::path& file) {
  std::error_code unknown;  // reading the file will name the fault
  const auto size = std::filesystem::file_size(file, unknown);
  return unknown ? 0 : static_cast<int64_t>(size);
}

// Runs work(i) for every i below count, each on one of the threads. Rethrows the first exception.
template <typename MakeWorker>
void on_threads(int64_t threads, size_t count, const MakeWorker& make_worker) {
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr error;
  const int compute_threads = at::get_num_threads();
  const auto run = [&] {
    try {
      at::set_num_threads(1);  // one photograph per thread
      auto work = make_worker();
      for (size_t i = next++; i < count; i = next++) {
        if (stop_was_asked_for()) throw Interrupted();
        work(i);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!error) error = std::current_exception();
      next = count;
    }
  };
  std::vector<std::jthread> started;
  for (int64_t i = 0; i < std::min<int64_t>(threads, static_cast<int64_t>(count)); ++i) started.emplace_back(run);
  started.clear();
  at::set_num_threads(compute_threads);  // the workers' 1 would hold for MKL's and for new threads
  if (error) std::rethrow_exception(error);
}

}  // namespace

FaceReader::FaceReader(const InputFormat& input, const FaceDetector* detector, FaceReaderOptions options)
    : input_(input), detector_(detector), options_(std::move(options)), memory_(options_.memory_bytes) {
  options_.alignment.size = fmt::format("{}x{}", input.height, input.width);
}

std::vector<ReadImage> FaceReader::read(const std::vector<std::filesystem::path>& files) {
  return options_.aligned ? read_crops(files) : read_photographs(files);
}

std::vector<ReadImage> FaceReader::read_photographs(const std::vector<std::filesystem::path>& files) {
  check(detector_ != nullptr, "a detector to find faces with");
  std::vector<ReadImage> images(files.size());
  on_threads(options_.threads, files.size(), [&] {
    return [&, decider = std::make_shared<PhotographDecider>(detector_, options_.alignment, memory_)](size_t i) {
      images[i] = read_image_of(decider->decide(files[i], bytes_of(files[i])));
    };
  });
  return images;
}

std::vector<ReadImage> FaceReader::read_crops(const std::vector<std::filesystem::path>& files) const {
  std::vector<ReadImage> images(files.size());
  on_threads(options_.threads, files.size(), [&] {
    return [&, decoder = std::make_shared<SizedDecoder>(input_.height, input_.width, options_.other_size)](size_t i) {
      images[i] = read_crop(files[i], *decoder, input_);
    };
  });
  return images;
}

}  // namespace massface
