#include "dataset/synthetic_dataset.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <mutex>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/failpoint.h"
#include "core/files.h"
#include "core/threads.h"
#include "dataset/synthetic_faces.h"
#include "dataset/synthetic_pairs.h"
#include "dataset/verification_pairs.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// Test people are counted from here, so they do not depend on how many there are for training.
constexpr int64_t kFirstTestIdentity = int64_t{1} << 32;

// People in folders below `root`: the identity's number for drawing and the folder's name.
struct Part {
  fs::path root;
  int64_t first_identity;
  int64_t identities;
  int64_t images_per_identity;
  std::string (*name)(int64_t index);

  int64_t images() const { return identities * images_per_identity; }
};

std::string train_name(int64_t index) { return fmt::format("train{:06}", index); }

// Not flushed one by one: the whole folder is, before it gets its name.
void write_image(const fs::path& path, const std::vector<uint8_t>& bytes) {
  failpoint("synth.image");
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw Failure(fmt::format("cannot write {}: {}", printable(path.native()), std::strerror(errno)));
}

void write_face(const Part& part, uint64_t seed, int64_t index) {
  const int64_t person = index / part.images_per_identity;
  const int64_t image = index % part.images_per_identity;
  write_image(part.root / lfw_image_path(part.name(person), image + 1),
              encode_synthetic_face(seed, part.first_identity + person, image));
}

// Calls work(0 .. count - 1) from all cores. The first exception stops the others and is thrown again.
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

void write_parts(const std::vector<Part>& parts, uint64_t seed, const SyntheticProgress& progress) {
  int64_t total = 0;
  for (const Part& part : parts) {
    total += part.images();
    for (int64_t i = 0; i < part.identities; ++i) fs::create_directories(part.root / part.name(i));
  }
  std::mutex mutex;
  int64_t done = 0;
  for (const Part& part : parts) {
    for_each_in_parallel(part.images(), [&](int64_t index) {
      write_face(part, seed, index);
      std::lock_guard lock(mutex);
      ++done;
      if (progress) progress(done, total);
    });
  }
}

// The folder without links, whose name a rename would take away, and without a final slash.
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
  table.add("identities", identities, {1, 999'999}, "People to train on");
  table.add("images_per_identity", images_per_identity, {1, 9'999}, "Photographs of each of them");
  table.add("test_identities", test_identities, {20, 999'999}, "Other people, whom pairs.txt compares");
  table.add("test_images_per_identity", test_images_per_identity, {2, 9'999}, "Photographs of each of those");
  table.add("pairs_per_fold", pairs_per_fold, {1, 100'000},
            "Matched pairs in each of the 10 folds of pairs.txt, and as many mismatched");
  table.add("seed", seed, {0, 0x1p53}, "Another seed is another population");
}

SyntheticDataset write_synthetic_dataset(const fs::path& directory, const SyntheticDatasetOptions& options,
                                         const SyntheticProgress& progress) {
  const fs::path path = final_directory(directory);
  const std::string pairs = synthetic_pairs_text(options);
  create_directories_or_fail(path.parent_path());
  require_writable_folder(path.parent_path());
  write_directory_atomically(path, [&](const fs::path& partial) {
    write_parts({{partial / "train", 0, options.identities, options.images_per_identity, train_name},
                 {partial / "test", kFirstTestIdentity, options.test_identities, options.test_images_per_identity,
                  synthetic_test_name}},
                static_cast<uint64_t>(options.seed), progress);
    write_file_atomically(partial / "pairs.txt", pairs);
    flush_file_system(partial);
  });
  return {.train_directory = directory / "train",
          .test_directory = directory / "test",
          .pairs_file = directory / "pairs.txt",
          .identities = options.identities,
          .test_identities = options.test_identities,
          .images = options.identities * options.images_per_identity +
                    options.test_identities * options.test_images_per_identity,
          .pairs = 2 * kSyntheticFolds * options.pairs_per_fold};
}

}  // namespace massface
