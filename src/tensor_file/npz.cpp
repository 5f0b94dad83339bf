#include "tensor_file/npz.h"

#include <zip.h>

#include <memory>

#include "core/error.h"
#include "core/files.h"
#include "core/flush.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using NewArchive = std::unique_ptr<zip_t, decltype(&zip_discard)>;

constexpr zip_uint16_t kFirstDate = 1 << 5 | 1;  // the first of January 1980, where zip's times begin

// source: null if libzip could not make it.
void add_entry(zip_t* archive, const std::string& name, zip_source_t* source, const std::string& file) {
  const zip_int64_t entry =
      source == nullptr ? -1 : zip_file_add(archive, (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
  if (entry < 0 && source != nullptr) zip_source_free(source);
  const auto index = static_cast<zip_uint64_t>(entry);
  // Without a time of its own, an entry has that of the writing, and the same table other bytes each time.
  if (entry < 0 || zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) < 0 ||
      zip_file_set_dostime(archive, index, 0, kFirstDate, 0) < 0) {
    throw Failure(fmt::format("{}: cannot be written: {}", file, zip_strerror(archive)));
  }
}

}  // namespace

void NpzFile::commit() const {
  const std::string shown = printable(path_.native());
  const fs::path partial = partial_name(path_);
  int code = 0;
  NewArchive archive(zip_open(partial.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code), &zip_discard);
  if (archive == nullptr) throw Failure(fmt::format("{}: cannot be written (zip error {})", shown, code));
  for (const auto& [name, bytes] : in_memory_) {
    add_entry(archive.get(), name, zip_source_buffer(archive.get(), bytes.data(), bytes.size(), /*freep=*/0), shown);
  }
  for (const auto& [name, file] : files_) {
    add_entry(archive.get(), name, zip_source_file(archive.get(), file.c_str(), 0, /*len=*/-1), shown);
  }
  if (zip_close(archive.get()) < 0) {  // writes it
    throw Failure(fmt::format("{}: cannot be written: {}", shown, zip_strerror(archive.get())));
  }
  [[maybe_unused]] zip_t* closed = archive.release();
  flush_to_disk(partial);
  std::error_code failed;
  fs::rename(partial, path_, failed);
  if (failed) throw Failure(fmt::format("{}: cannot be written: {}", shown, failed.message()));
  flush_to_disk(absolute_path(path_).parent_path());
}

}  // namespace massface
