#include "tensor_file/stored_archive.h"

#include <zip.h>

#include <memory>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

struct ZipError {
  ZipError() { zip_error_init(&value); }
  ~ZipError() { zip_error_fini(&value); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;
  zip_error_t value;
};

using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;
using OpenEntry = std::unique_ptr<zip_file_t, decltype(&zip_fclose)>;

constexpr zip_int64_t kMaxEntries = 100'000;  // torch.save writes one per tensor, and a few others

class ArchiveReader {
 public:
  ArchiveReader(std::span<const uint8_t> bytes, const std::string& source)
      : source_(printable(source)), bytes_left_(bytes.size()), archive_(open(bytes)) {}

  std::map<std::string, std::vector<uint8_t>> read() {
    std::map<std::string, std::vector<uint8_t>> entries;
    const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
    expect(count <= kMaxEntries, "it has {} entries (at most {})", count, kMaxEntries);
    for (zip_int64_t i = 0; i < count; ++i) {
      const zip_stat_t entry = stat_of(static_cast<zip_uint64_t>(i));
      const bool is_new = entries.try_emplace(entry.name, read_entry(entry)).second;
      expect(is_new, "two entries are called {}", printable(entry.name));
    }
    return entries;
  }

 private:
  template <typename... Args>
  void expect(bool condition, fmt::format_string<Args...> format, Args&&... args) const {
    if (condition) return;
    fail("{}: damaged, or not an archive that torch.save wrote: {}. Use another copy.", source_,
         fmt::format(format, std::forward<Args>(args)...));
  }

  Archive open(std::span<const uint8_t> bytes) const {
    ZipError error;
    zip_source_t* buffer = zip_source_buffer_create(bytes.data(), bytes.size(), /*freep=*/0, &error.value);
    zip_t* archive = buffer == nullptr ? nullptr : zip_open_from_source(buffer, ZIP_RDONLY, &error.value);
    if (archive == nullptr && buffer != nullptr) zip_source_free(buffer);
    expect(archive != nullptr, "{}", zip_error_strerror(&error.value));
    return {archive, &zip_discard};
  }

  zip_stat_t stat_of(zip_uint64_t index) const {
    zip_stat_t entry;
    constexpr zip_uint64_t kNeeded =
        ZIP_STAT_NAME | ZIP_STAT_INDEX | ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    const bool known = zip_stat_index(archive_.get(), index, ZIP_FL_ENC_RAW, &entry) == 0;
    expect(known && (entry.valid & kNeeded) == kNeeded, "its entry {} is not fully described", index);
    expect(entry.comp_method == ZIP_CM_STORE && entry.encryption_method == ZIP_EM_NONE,
           "its entry {} is compressed or encrypted", printable(entry.name));
    return entry;
  }

  std::vector<uint8_t> read_entry(const zip_stat_t& entry) {
    const std::string name = printable(entry.name);
    // Entries that share a place in the file would expand to far more than the file's size.
    expect(entry.size <= bytes_left_, "its entry {} has {} bytes, more than the file has left for it", name,
           entry.size);
    bytes_left_ -= entry.size;
    const OpenEntry file(zip_fopen_index(archive_.get(), entry.index, 0), &zip_fclose);
    expect(file != nullptr, "its entry {}: {}", name, zip_strerror(archive_.get()));
    std::vector<uint8_t> content(entry.size);
    const zip_int64_t got = zip_fread(file.get(), content.data(), content.size());
    // libzip compares the checksum when it reaches the end.
    uint8_t beyond = 0;
    const bool ends = got == static_cast<zip_int64_t>(content.size()) && zip_fread(file.get(), &beyond, 1) == 0;
    expect(ends, "its entry {}: {}", name, zip_file_strerror(file.get()));
    return content;
  }

  std::string source_;
  uint64_t bytes_left_;
  Archive archive_;
};

// An archive that is written to memory.
class ArchiveWriter {
 public:
  ArchiveWriter() : buffer_(zip_source_buffer_create(nullptr, 0, /*freep=*/0, nullptr), &zip_source_free) {
    expect(buffer_ != nullptr, "no memory");
    ZipError error;
    archive_.reset(zip_open_from_source(buffer_.get(), ZIP_TRUNCATE, &error.value));
    expect(archive_ != nullptr, zip_error_strerror(&error.value));
    zip_source_keep(buffer_.get());  // for read(), after the archive has released it
  }

  // content must outlive the writer.
  void add(const std::string& name, const std::vector<uint8_t>& content) {
    zip_source_t* source = zip_source_buffer(archive_.get(), content.data(), content.size(), /*freep=*/0);
    const zip_int64_t index = source == nullptr ? -1 : zip_file_add(archive_.get(), name.c_str(), source, 0);
    if (index < 0 && source != nullptr) zip_source_free(source);
    expect(index >= 0, zip_strerror(archive_.get()));
    const auto entry = static_cast<zip_uint64_t>(index);
    const bool is_set = zip_set_file_compression(archive_.get(), entry, ZIP_CM_STORE, 0) == 0 &&
                        zip_file_set_dostime(archive_.get(), entry, kNoTime, kNoDate, 0) == 0;
    expect(is_set, zip_strerror(archive_.get()));
  }

  std::vector<uint8_t> finish() {
    expect(zip_close(archive_.get()) == 0, zip_strerror(archive_.get()));
    archive_.release();  // closed, and freed with it
    zip_stat_t size;
    zip_stat_init(&size);
    expect(zip_source_stat(buffer_.get(), &size) == 0 && zip_source_open(buffer_.get()) == 0, "its size is unknown");
    std::vector<uint8_t> bytes(size.size);
    const zip_int64_t got = zip_source_read(buffer_.get(), bytes.data(), bytes.size());
    zip_source_close(buffer_.get());
    expect(got == static_cast<zip_int64_t>(bytes.size()), "it cannot be read back");
    return bytes;
  }

 private:
  static constexpr zip_uint16_t kNoTime = 0,
                                kNoDate = 1 << 5 | 1;  // the first of January 1980, where zip's times begin

  static void expect(bool condition, const std::string& why) {
    if (!condition) throw Failure("an archive cannot be written to memory: " + why);
  }

  std::unique_ptr<zip_source_t, decltype(&zip_source_free)> buffer_;
  Archive archive_{nullptr, &zip_discard};
};

}  // namespace

std::vector<uint8_t> write_stored_archive(const std::vector<std::pair<std::string, std::vector<uint8_t>>>& entries) {
  ArchiveWriter archive;
  for (const auto& [name, content] : entries) archive.add(name, content);
  return archive.finish();
}

std::map<std::string, std::vector<uint8_t>> read_stored_archive(std::span<const uint8_t> bytes,
                                                                const std::string& source) {
  return ArchiveReader(bytes, source).read();
}

}  // namespace massface
