#include "benchmark/read.h"

#include <atomic>
#include <exception>
#include <functional>
#include <numeric>
#include <span>
#include <thread>
#include <vector>

#include "core/random.h"
#include "core/stopwatch.h"
#include "dataset/dataset.h"

namespace massface {
namespace {

struct Read {
  int64_t images = 0;
  int64_t bytes = 0;
};

struct Rate {
  double images_per_second;
  double bytes_per_second;
};

// Runs work(thread) once on each thread. Returns what all of them read, divided by the time until the last one ended.
Rate measure(int64_t threads, const std::function<Read(int64_t)>& work) {
  std::vector<Read> of_thread(static_cast<size_t>(threads));
  std::exception_ptr error;
  std::atomic_flag failed;
  const Stopwatch watch;
  {
    std::vector<std::jthread> running;
    for (int64_t i = 0; i < threads; ++i) {
      running.emplace_back([&, i] {
        try {
          of_thread[static_cast<size_t>(i)] = work(i);
        } catch (...) {
          if (!failed.test_and_set()) error = std::current_exception();
        }
      });
    }
  }
  if (error) std::rethrow_exception(error);
  const double seconds = watch.seconds();
  Read all;
  for (const Read& read : of_thread) {
    all.images += read.images;
    all.bytes += read.bytes;
  }
  return {static_cast<double>(all.images) / seconds, static_cast<double>(all.bytes) / seconds};
}

// Touches every byte, because a set that is mapped into memory is only read when its bytes are accessed. Returns the
// number of bytes.
int64_t look_at(std::span<const uint8_t> bytes) {
  const uint64_t sum = std::accumulate(bytes.begin(), bytes.end(), uint64_t{0});
  static std::atomic<uint64_t> kept;
  if (sum == ~uint64_t{0}) kept = sum;  // never happens, but the compiler cannot know that
  return static_cast<int64_t>(bytes.size());
}

// Reads the images that `next` returns, until the time is over.
Read read_images(const Dataset& dataset, double seconds, const std::function<ImageIndex()>& next) {
  constexpr int64_t kBetweenLooksAtTheClock = 64;
  std::vector<uint8_t> storage;
  Read read;
  const Stopwatch watch;
  do {
    for (int64_t i = 0; i < kBetweenLooksAtTheClock; ++i) {
      read.bytes += look_at(dataset.view_bytes(next(), storage));
      ++read.images;
    }
  } while (watch.seconds() < seconds);
  return read;
}

Rate read_sequentially(const Dataset& dataset, int64_t threads, double seconds) {
  return measure(threads, [&](int64_t thread) {
    ImageIndex image = dataset.size() * thread / threads - 1;
    return read_images(dataset, seconds, [&] { return image = (image + 1) % dataset.size(); });
  });
}

Rate read_randomly(const Dataset& dataset, int64_t threads, double seconds) {
  return measure(threads, [&](int64_t thread) {
    Random random(1, RandomStream::kImageOrder, static_cast<uint64_t>(thread));
    const auto size = static_cast<uint64_t>(dataset.size());
    return read_images(dataset, seconds, [&] { return static_cast<ImageIndex>(random.below(size)); });
  });
}

void warm(const Dataset& dataset, double most_seconds) {
  std::vector<uint8_t> storage;
  const Stopwatch watch;
  for (ImageIndex image = 0; image < dataset.size() && (image % 64 != 0 || watch.seconds() <= most_seconds); ++image) {
    look_at(dataset.view_bytes(image, storage));
  }
}

double memory_bytes_per_second(int64_t threads, double seconds) {
  const std::vector<uint8_t> memory(size_t{256} << 20, 1);
  return measure(threads,
                 [&](int64_t) {
                   Read read;
                   const Stopwatch watch;
                   do {
                     read.bytes += look_at(memory);
                   } while (watch.seconds() < seconds);
                   return read;
                 })
      .bytes_per_second;
}

}  // namespace

ReadBenchmark benchmark_read(const std::string& path, int64_t threads, double seconds) {
  const Stopwatch watch;
  const auto dataset = open_dataset(path, /*use_cache=*/true, SameNames::kMerge);  // the speed is the same
  ReadBenchmark result{.open_seconds = watch.seconds(), .images = dataset->size()};
  warm(*dataset, 10 * seconds);
  const Rate sequential = read_sequentially(*dataset, threads, seconds);
  const Rate random = read_randomly(*dataset, threads, seconds);
  result.sequential_images_per_second = sequential.images_per_second;
  result.sequential_bytes_per_second = sequential.bytes_per_second;
  result.random_images_per_second = random.images_per_second;
  result.random_bytes_per_second = random.bytes_per_second;
  result.memory_bytes_per_second = memory_bytes_per_second(threads, seconds);
  return result;
}

}  // namespace massface
