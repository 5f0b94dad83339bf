#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "dataset/dataset.h"
#include "dataset/file_dataset.h"
#include "dataset/folder_scan.h"
#include "dataset/image_file_name.h"
#include "dataset/joined_dataset.h"
#include "dataset/list_file.h"
#include "dataset/packed_set.h"
#include "dataset/record_dataset.h"
#include "dataset/scan_cache.h"

namespace massface {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExpected =
    "Expected a folder that holds one folder of images for each person, or a list file of `path identity` lines";

bool names_packed_set(const std::string& root) { return is_packed_set(root) || root.ends_with(".mfp"); }
bool names_record_file(const std::string& root) { return is_record_file(root) || root.ends_with(".rec"); }

// Opens a root that is a set by itself rather than a collection of files; returns null for any other root.
std::shared_ptr<const Dataset> open_container(const std::string& root) {
  if (names_packed_set(root)) return open_packed_set(root);
  require(!root.ends_with(".idx"), "{} is the index of a record file; pass {}.rec instead", printable(root),
          printable(root.substr(0, root.size() - 4)));
  if (names_record_file(root)) return std::make_shared<RecordDataset>(root);
  return nullptr;
}

// Smaller sets are scanned so fast that a cache is not worthwhile.
constexpr int64_t kFewestImagesToCache = 5000;

int64_t nanoseconds_since_1970() {
  return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::vector<std::string> dataset_roots(const std::string& path) {
  require(!path.empty(), "the path of the dataset is empty. {}", kExpected);
  std::error_code error;
  if (fs::exists(path, error)) return {path};
  std::vector<std::string> roots;
  for (size_t start = 0; start <= path.size();) {
    const size_t end = std::min(path.find(':', start), path.size());
    roots.push_back(expand_home(path.substr(start, end - start)));
    start = end + 1;
  }
  return roots;
}

bool is_list_file(const std::string& root) {
  std::error_code unreachable;
  return fs::is_regular_file(root, unreachable) && !names_packed_set(root) && !names_record_file(root) &&
         !root.ends_with(".idx");
}

namespace {

FolderScan scan_with_cache(const std::string& root) {
  const auto cache = scan_cache_path(root);
  if (!cache) return scan_folder(root, {}, nanoseconds_since_1970());
  FolderScan known = load_scan(*cache, root);
  const size_t num_known = known.identities.size();
  FolderScan scan = scan_folder(root, std::move(known), nanoseconds_since_1970());
  const bool changed = scan.folders_read > 0 || scan.identities.size() != num_known;
  if (changed && scan.num_images() >= kFewestImagesToCache) store_scan(*cache, root, scan);
  return scan;
}

// "faces/train, faces/val": the folders one level down that look like the face sets the user meant.
std::string folders_of_folders(const std::string& root, const FolderScan& scan) {
  std::string names;
  int64_t count = 0;
  for (const IdentityFolder& identity : scan.identities) {
    if (identity.nested_folders == 0) continue;
    if (++count > 3) return names + ", ...";
    if (!names.empty()) names += ", ";
    names += printable(root + "/" + identity.name);
  }
  return names;
}

void require_images(const std::string& root, const FolderScan& scan) {
  if (scan.num_images() > 0) return;
  const std::string name = printable(root);
  require(scan.loose_images == 0,
          "{} holds {} images but no folder of images. {}. If the images show one person, did you mean the folder "
          "above, {}?",
          name, scan.loose_images, kExpected, printable((fs::weakly_canonical(root).parent_path()).native()));
  const std::string nested = folders_of_folders(root, scan);
  require(nested.empty(), "{} holds no image in its {} folders, but these hold folders. Did you mean {}?", name,
          scan.identities.size(), nested);
  int64_t other_files = scan.other_files;
  for (const IdentityFolder& identity : scan.identities) other_files += identity.other_files;
  fail("{} holds no image: {} folders, {} files that are not named {}. {}", name, scan.identities.size(), other_files,
       image_endings(), kExpected);
}

std::vector<std::string> left_out_of(const FolderScan& scan) {
  int64_t empty = 0, nested = 0, other_files = scan.other_files;
  for (const IdentityFolder& identity : scan.identities) {
    empty += identity.images.empty();
    nested += identity.nested_folders;
    other_files += identity.other_files;
  }
  std::vector<std::string> phrases;
  const auto add = [&](int64_t count, const std::string& what) {
    if (count > 0) phrases.push_back(fmt::format("{} {}", count, what));
  };
  add(empty, "folders without images");
  add(nested, "folders inside identity folders");
  add(scan.loose_images, "images next to the identity folders");
  add(other_files, fmt::format("files not named {}", image_endings()));
  return phrases;
}

void add_folder(FileCollection& files, std::string root, bool use_cache) {
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  FolderScan scan = use_cache ? scan_with_cache(root) : scan_folder(root, {}, nanoseconds_since_1970());
  require_images(root, scan);
  for (const std::string& reason : scan.unreadable) {
    log_warning("{}; it is left out", reason);
    files.left_out.push_back(reason);
  }
  for (const std::string& phrase : left_out_of(scan)) {
    files.left_out.push_back(fmt::format("{}: {}", printable(root), phrase));
  }
  for (IdentityFolder& identity : scan.identities) {
    if (identity.images.empty()) continue;
    const auto folder = static_cast<uint32_t>(files.folders.size());
    files.folders.push_back(root + "/" + identity.name + "/");
    auto& images = files.identities[identity.name];
    images.reserve(images.size() + identity.images.size());
    for (std::string& name : identity.images) images.push_back({folder, std::move(name)});
  }
}

// Reports at once that paths are relative to the wrong folder, instead of reporting 500,000 unreadable images later.
void require_some_exist(const std::string& list, const std::string& folder, const std::vector<ListedImage>& images) {
  constexpr size_t kTried = 16;
  for (size_t i = 0; i < std::min(kTried, images.size()); ++i) {
    std::error_code error;
    if (fs::exists(fs::path(folder) / images[i].path, error)) return;
  }
  fail("{}: none of the first {} images exists, for example {}. Paths are relative to the list's folder",
       printable(list), std::min(kTried, images.size()), printable((fs::path(folder) / images[0].path).native()));
}

void add_list(FileCollection& files, const std::string& list) {
  auto [above, images] = read_list_file(list);
  require(!images.empty(), "{} lists no image. Expected lines of `path identity`", printable(list));
  require_some_exist(list, above, images);
  std::ranges::sort(images, {}, &ListedImage::path);
  const auto relative = static_cast<uint32_t>(files.folders.size());
  files.folders.push_back(above.empty() || above == "/" ? above : above + "/");
  files.folders.push_back("");
  for (ListedImage& image : images) {
    const uint32_t folder = relative + (image.path.starts_with('/') ? 1 : 0);
    files.identities[image.identity].push_back({folder, std::move(image.path)});
  }
}

}  // namespace

std::string absolute_dataset_path(const std::string& path) {
  if (path.empty()) return path;
  const std::vector<std::string> roots = dataset_roots(path);
  std::vector<std::string> absolute;
  for (const std::string& root : roots) {
    // An empty root is a mistake that open_dataset() reports.
    absolute.push_back(root.empty() ? root : absolute_path(root).native());
  }
  const std::string joined = fmt::format("{}", fmt::join(absolute, ":"));
  // A working directory with a ':' in its name would be mistaken for two roots.
  return dataset_roots(joined) == absolute ? joined : path;
}

namespace {

std::shared_ptr<const Dataset> open_root(const std::string& root, const fs::file_status& status, bool use_cache) {
  FileCollection files;
  if (fs::is_directory(status)) {
    add_folder(files, root, use_cache);
  } else {
    require(fs::is_regular_file(status), "{} is neither a folder nor a file. {}", printable(root), kExpected);
    if (auto container = open_container(root)) return container;
    add_list(files, root);
  }
  for (const std::string& phrase : files.left_out) log_warning("left out of {}", phrase);
  return std::make_shared<FileDataset>(std::move(files));
}

void log_shared_names(const std::string& path, const SharedNames& shared) {
  if (shared.merged > 0) {
    log_info(
        "{}: {} names occur in more than one of the sets; each is taken for one person (same_names=separate would keep "
        "them apart)",
        printable(path), shared.merged);
  }
  if (shared.names > shared.merged) {
    log_info("{}: {} names occur in more than one of the sets; each is taken for different people, called SET:NAME",
             printable(path), shared.names - shared.merged);
  }
}

}  // namespace

std::shared_ptr<const Dataset> open_dataset(const std::string& path, bool use_cache, SameNames same_names) {
  std::vector<JoinedPart> parts;
  std::set<fs::path> opened;
  for (const std::string& root : dataset_roots(path)) {
    require(!root.empty(), "{}: an empty path between two ':'", printable(path));
    std::error_code error;
    const fs::file_status status = fs::status(root, error);
    require(fs::exists(status), "there is no dataset {}: {}. {}", printable(root), error.message(), kExpected);
    require(opened.insert(fs::weakly_canonical(root)).second, "{}: {} is named twice", printable(path),
            printable(root));
    parts.push_back({root, open_root(root, status, use_cache)});
  }
  if (parts.size() == 1) return parts.front().set;
  auto joined = join_datasets(std::move(parts), same_names);
  log_shared_names(path, joined->shared_names());
  return joined;
}

}  // namespace massface
