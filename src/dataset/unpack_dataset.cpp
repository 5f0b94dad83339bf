#include "dataset/unpack_dataset.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "core/threads.h"
#include "dataset/unpack_names.h"
#include "image/decode.h"
#include "image/encode.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// Writes identities, each by one thread, into a folder that does not have its final name yet.
class Unpacker {
 public:
  Unpacker(const Dataset& dataset, const fs::path& folder, const UnpackOptions& options, const PackProgress& progress)
      : dataset_(dataset), folder_(folder), options_(options), progress_(progress) {
    FolderNames names;
    for (IdentityIndex identity = 0; identity < dataset.num_identities(); ++identity) {
      identity_folders_.push_back(names.take(dataset.identity_name(identity)));
    }
    result_.renamed = names.renamed();
  }

  UnpackResult run() {
    {
      std::vector<std::jthread> workers;
      for (int64_t i = 0; i < resolve_threads(options_.threads); ++i) workers.emplace_back([this] { work(); });
    }
    if (error_) std::rethrow_exception(error_);
    std::ranges::sort(result_.left_out, {}, &UnreadableImage::image);
    return result_;
  }

 private:
  void work() {
    ImageDecoder decoder;
    try {
      for (IdentityIndex identity; (identity = next_++) < dataset_.num_identities();) {
        UnpackResult part = unpack_identity(identity, decoder);
        const std::lock_guard lock(mutex_);
        if (error_) return;
        add(std::move(part));
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
    }
  }

  void add(UnpackResult part) {
    result_.identities += part.images > 0;
    result_.images += part.images;
    result_.renamed += part.renamed;
    std::ranges::move(part.left_out, std::back_inserter(result_.left_out));
    if (static_cast<double>(result_.left_out.size()) >
        options_.max_bad_fraction * static_cast<double>(dataset_.size())) {
      fail(
          "{} of the {} images cannot be read so far, more than the fraction {} that max_bad_fraction allows, so "
          "nothing is unpacked. One of them:\n  {}\nPass a larger --max-bad-fraction to leave them out",
          result_.left_out.size(), dataset_.size(), options_.max_bad_fraction, to_line(result_.left_out.back()));
    }
    if (progress_) progress_(result_.images + std::ssize(result_.left_out), dataset_.size());
  }

  UnpackResult unpack_identity(IdentityIndex identity, ImageDecoder& decoder) const {
    UnpackResult part;
    FolderNames names;
    const fs::path folder = folder_ / identity_folders_[static_cast<size_t>(identity)];
    const ImageIndex first = dataset_.first_image_of(identity);
    std::vector<uint8_t> storage;
    for (ImageIndex image = first; image < first + dataset_.num_images_of(identity); ++image) {
      std::string name;
      std::span<const uint8_t> bytes;
      try {
        bytes = dataset_.view_bytes(image, storage);
        const ImageFormat format = read_image_header(bytes).format;
        name = name_for_format(dataset_.file_name(image), format);
        if (format == ImageFormat::kRaw) bytes = storage = encode_png(decoder.decode(bytes));
      } catch (const Error& bad) {
        part.left_out.push_back({image, dataset_.image_name(image), bad.what()});
        continue;
      }
      if (part.images++ == 0) create_directories_or_fail(folder);
      AppendFile(folder / names.take(name)).append({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
    part.renamed = names.renamed();
    return part;
  }

  const Dataset& dataset_;
  const fs::path& folder_;
  const UnpackOptions& options_;
  const PackProgress& progress_;
  std::vector<std::string> identity_folders_;
  std::atomic<IdentityIndex> next_{0};
  std::mutex mutex_;  // guards the members below
  UnpackResult result_;
  std::exception_ptr error_;
};

}  // namespace

void UnpackOptions::describe(OptionTable& table) {
  table.add(
      "max_bad_fraction", max_bad_fraction, {.min = 0, .max = 1},
      "Images that cannot be read are left out and listed; nothing is unpacked if they exceed this fraction of all "
      "images");
  table.add("threads", threads, {.min = 0, .max = 1024},
            "Number of threads that read and write (0: one per available core)");
}

UnpackResult unpack_dataset(const Dataset& dataset, const fs::path& directory, const UnpackOptions& options,
                            const PackProgress& progress) {
  const fs::path folder = without_final_slash(directory);
  std::error_code unreachable;  // if so, it cannot be created either
  require(!fs::exists(fs::symlink_status(folder, unreachable)), "{} already exists. Remove it, or choose another name",
          printable(folder.native()));
  require_writable_file(folder);
  UnpackResult result;
  write_directory_atomically(folder, [&](const fs::path& partial) {
    result = Unpacker(dataset, partial, options, progress).run();
    require(result.images > 0, "none of the {} images can be read, so nothing is unpacked", dataset.size());
  });
  return result;
}

}  // namespace massface
