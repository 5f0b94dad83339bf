#include "dataset/scan_cache.h"

#include <charconv>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <utility>

#include "core/files.h"
#include "core/hash.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

// A kept scan consists of fields that each end with a NUL, which no path can contain: this line (3: .jfif and .jpe
// count as images, too), the root, the number of identities, and for each identity its name, the stamp's three numbers,
// the counts of other files, nested folders and images, and the images' names. The last 16 bytes are the hash of
// everything before them.
constexpr std::string_view kMagic = "massface scan 3";
constexpr size_t kHashDigits = 16;

class FieldWriter {
 public:
  void text(std::string_view value) { (fields_ += value) += '\0'; }
  template <typename Integer>
  void number(Integer value) {
    text(std::to_string(value));
  }
  std::string with_hash() && { return std::move(fields_) + hex(hash64(fields_)); }

 private:
  std::string fields_;
};

// Reads the fields after the hash has matched, so that they are as they were written. A file from elsewhere leads to
// `valid() == false`.
class FieldReader {
 public:
  explicit FieldReader(std::string_view fields) : left_(fields) {}

  std::string_view text() {
    const size_t end = left_.find('\0');
    if (end == std::string_view::npos) {
      valid_ = false;
      return {};
    }
    const std::string_view field = left_.substr(0, end);
    left_.remove_prefix(end + 1);
    return field;
  }

  template <typename Integer>
  Integer number() {
    const std::string_view field = text();
    Integer value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size()) valid_ = false;
    return value;
  }

  bool valid() const { return valid_; }

 private:
  std::string_view left_;
  bool valid_ = true;
};

IdentityFolder read_identity(FieldReader& fields) {
  IdentityFolder identity;
  identity.name = fields.text();
  identity.stamp.modified_ns = fields.number<int64_t>();
  identity.stamp.changed_ns = fields.number<int64_t>();
  identity.stamp.inode = fields.number<uint64_t>();
  identity.other_files = fields.number<int64_t>();
  identity.nested_folders = fields.number<int64_t>();
  const auto images = fields.number<int64_t>();
  for (int64_t i = 0; i < images && fields.valid(); ++i) identity.images.emplace_back(fields.text());
  return identity;
}

void write_identity(FieldWriter& fields, const IdentityFolder& identity) {
  fields.text(identity.name);
  fields.number(identity.stamp.modified_ns);
  fields.number(identity.stamp.changed_ns);
  fields.number(identity.stamp.inode);
  fields.number(identity.other_files);
  fields.number(identity.nested_folders);
  fields.number(identity.images.size());
  for (const std::string& image : identity.images) fields.text(image);
}

fs::path folder_in_variable(const char* name) {
  const char* value = std::getenv(name);
  const fs::path folder = value == nullptr ? "" : value;
  return folder.is_absolute() ? folder : fs::path();
}

}  // namespace

std::optional<fs::path> scan_cache_path(const fs::path& root) {
  fs::path folder = folder_in_variable("XDG_CACHE_HOME");
  if (folder.empty()) {
    const fs::path home = folder_in_variable("HOME");
    if (home.empty()) return std::nullopt;
    folder = home / ".cache";
  }
  return folder / "massface" / ("scan-" + hex(hash64(fs::weakly_canonical(root).native())));
}

FolderScan load_scan(const fs::path& cache, const fs::path& root) {
  std::string content;
  try {
    content = read_text_file(cache);
  } catch (const std::exception&) {
    return {};
  }
  if (content.size() < kHashDigits) return {};
  const std::string_view whole = content;
  const std::string_view payload = whole.substr(0, whole.size() - kHashDigits);
  if (hex(hash64(payload)) != whole.substr(payload.size())) return {};
  FieldReader fields(payload);
  if (fields.text() != kMagic || fields.text() != fs::weakly_canonical(root).native()) return {};
  FolderScan scan;
  const auto identities = fields.number<int64_t>();
  for (int64_t i = 0; i < identities && fields.valid(); ++i) scan.identities.push_back(read_identity(fields));
  return fields.valid() ? std::move(scan) : FolderScan{};
}

void store_scan(const fs::path& cache, const fs::path& root, const FolderScan& scan) {
  FieldWriter fields;
  fields.text(kMagic);
  fields.text(fs::weakly_canonical(root).native());
  fields.number(scan.identities.size());
  for (const IdentityFolder& identity : scan.identities) write_identity(fields, identity);
  try {
    create_directories_or_fail(cache.parent_path());
    write_file_atomically(cache, std::move(fields).with_hash());
  } catch (const std::exception&) {
    // A read-only home or a full disk costs the next start a few seconds and nothing else.
  }
}

}  // namespace massface
