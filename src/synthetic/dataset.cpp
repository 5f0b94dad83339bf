#include "synthetic/dataset.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "align/landmark_file.h"
#include "core/error.h"
#include "core/failpoint.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "core/threads.h"
#include "dataset/verification_pairs.h"
#include "synthetic/faces.h"
#include "synthetic/pairs.h"
#include "synthetic/photograph.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// The number of the first test person, so large that test people do not depend on the number of training people.
constexpr int64_t kFirstTestIdentity = int64_t{1} << 32;

// People in folders below `root`. The numbers that they are drawn by begin at first_identity; name() gives their
// folders' names.
struct Part {
  fs::path root;
  int64_t first_identity;
  int64_t identities;
  int64_t images_per_identity;
  std::string (*name)(int64_t index);

  int64_t images() const { return identities * images_per_identity; }
};

std::string train_name(int64_t index) { return fmt::format("train{:06}", index); }

// Files are not flushed one by one: the whole folder is, before it gets its name.
void write_image(const fs::path& path, const std::vector<uint8_t>& bytes) {
  failpoint("synth.image");
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw Failure(fmt::format("cannot write {}: {}", printable(path.native()), std::strerror(errno)));
}

// Draws and writes an image of the part. Returns its line of landmarks.csv if it is a photograph, otherwise "".
std::string write_face(const Part& part, const SyntheticDatasetOptions& options, int64_t index) {
  const auto seed = static_cast<uint64_t>(options.seed);
  const int64_t person = index / part.images_per_identity, identity = part.first_identity + person;
  const int64_t image = index % part.images_per_identity;
  const std::string path = lfw_image_path(part.name(person), image + 1);
  if (!options.photographs) {
    write_image(part.root / path, encode_synthetic_face(seed, identity, image));
    return "";
  }
  const SyntheticPhotograph photograph = take_synthetic_photograph(seed, identity, image, options.bystanders);
  write_image(part.root / path, encode_synthetic_photograph(photograph));
  FivePoints landmarks;
  std::ranges::transform(photograph.landmarks, landmarks.begin(), [](Point2f p) { return Point{p.x, p.y}; });
  return landmark_line(path, landmarks);
}

constexpr int64_t kMostImages = 100'000'000;

// Calls work(0), ..., work(count - 1) on all cores. The first exception stops the others and is rethrown.
void for_each_in_parallel(int64_t count, const std::function<void(int64_t)>& work) {
  std::atomic<int64_t> next{0};
  std::exception_ptr failure;
  std::mutex mutex;
  const auto run = [&] {
    try {
      for (int64_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      next = count;
      std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  std::vector<std::jthread> threads;
  for (int64_t i = 1; i < available_cores(); ++i) threads.emplace_back(run);
  run();
  threads.clear();
  if (failure) std::rethrow_exception(failure);
}

void flush_file_system(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool flushed = descriptor >= 0 && ::syncfs(descriptor) == 0;
  const int reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!flushed) throw Failure(fmt::format("cannot flush {}: {}", printable(path.native()), std::strerror(reason)));
}

// Draws and writes all parts. Returns the lines of landmarks.csv in the parts' order.
std::string write_parts(const std::vector<Part>& parts, const SyntheticDatasetOptions& options,
                        const SyntheticProgress& progress) {
  int64_t total = 0;
  for (const Part& part : parts) {
    total += part.images();
  }
  for (const Part& part : parts) {
    for (int64_t i = 0; i < part.identities; ++i) {
      fs::create_directories(part.root / part.name(i));
      if (progress && stop_was_asked_for()) progress(0, total);  // which throws
    }
  }
  std::mutex mutex;
  int64_t done = 0;
  std::string landmarks;
  for (const Part& part : parts) {
    std::vector<std::string> lines(options.photographs ? static_cast<size_t>(part.images()) : 0);
    for_each_in_parallel(part.images(), [&](int64_t index) {
      std::string line = write_face(part, options, index);
      std::lock_guard lock(mutex);
      if (options.photographs) lines[static_cast<size_t>(index)] = std::move(line);
      ++done;
      if (progress) progress(done, total);
    });
    for (const std::string& line : lines) landmarks += line;
  }
  return landmarks;
}

// Returns the folder's path without links, which a rename would replace, and without a final slash. Throws Error if it
// is not a folder or not empty.
fs::path final_directory(const fs::path& directory) {
  std::error_code error;
  fs::path path = fs::weakly_canonical(fs::absolute(directory), error);
  if (error) path = fs::absolute(directory).lexically_normal();
  path = without_final_slash(path);
  const std::string name = printable(directory.native());
  const bool exists = fs::exists(path, error);
  require(!exists || fs::is_directory(path, error), "{} exists and is not a folder. Choose another folder.", name);
  require(!exists || fs::is_empty(path, error),
          "{} exists and is not empty, and a face set is never overwritten. Choose another folder, or remove it.",
          name);
  return path;
}

}  // namespace

void SyntheticDatasetOptions::describe(OptionTable& table) {
  table.add("identities", identities, {1, 999'999}, "Number of people to train on");
  table.add("images_per_identity", images_per_identity, {1, 9'999}, "Images per person to train on");
  table.add("test_identities", test_identities, {20, 999'999}, "Number of other people, who are compared in pairs.txt");
  table.add("test_images_per_identity", test_images_per_identity, {2, 9'999}, "Images per test person");
  table.add("pairs_per_fold", pairs_per_fold, {1, 100'000},
            "Matched pairs in each of the 10 folds of pairs.txt; there are as many mismatched ones");
  table.add("seed", seed, {0, 0x1p53}, "Random seed; each seed gives another population");
  table.add("photographs", photographs,
            "Draw the same people before alignment: scenes of 200 to 1000 pixels, with their five landmarks in "
            "landmarks.csv");
  table.add("bystanders", bystanders, {0, 1},
            "Share of photographs that may show one or two more people, who are smaller");
}

SyntheticDataset write_synthetic_dataset(const fs::path& directory, const SyntheticDatasetOptions& options,
                                         const SyntheticProgress& progress) {
  require(options.photographs || options.bystanders == SyntheticDatasetOptions().bystanders,
          "bystanders = {}: aligned faces have none. Add --photographs, or leave it out.", options.bystanders);
  const int64_t images =
      options.identities * options.images_per_identity + options.test_identities * options.test_images_per_identity;
  require(images <= kMostImages, "{} people with {} images and {} with {} are {} images; a set has at most {}",
          options.identities, options.images_per_identity, options.test_identities, options.test_images_per_identity,
          images, kMostImages);
  const fs::path path = final_directory(directory);
  const std::string pairs = synthetic_pairs_text(options);
  create_directories_or_fail(path.parent_path());
  require_writable_folder(path.parent_path());
  write_directory_atomically(path, [&](const fs::path& partial) {
    const std::string landmarks =
        write_parts({{partial / "train", 0, options.identities, options.images_per_identity, train_name},
                     {partial / "test", kFirstTestIdentity, options.test_identities, options.test_images_per_identity,
                      synthetic_test_name}},
                    options, progress);
    if (options.photographs) write_file_atomically(partial / "landmarks.csv", landmark_header() + landmarks);
    write_file_atomically(partial / "pairs.txt", pairs);
    flush_file_system(partial);
  });
  return {.train_directory = directory / "train",
          .test_directory = directory / "test",
          .pairs_file = directory / "pairs.txt",
          .landmarks_file = options.photographs ? directory / "landmarks.csv" : fs::path(),
          .identities = options.identities,
          .test_identities = options.test_identities,
          .images = options.identities * options.images_per_identity +
                    options.test_identities * options.test_images_per_identity,
          .pairs = 2 * kSyntheticFolds * options.pairs_per_fold};
}

}  // namespace massface
