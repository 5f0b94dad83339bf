#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace massface {

// When the entries of a folder last changed, as its file system tells. A change within an existing file does not
// count. The inode is there because a link may point to another folder later.
struct FolderStamp {
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;  // unlike the time of modification no tool can set it back
  uint64_t inode = 0;
  bool operator==(const FolderStamp&) const = default;
};

struct IdentityFolder {
  std::string name;
  FolderStamp stamp;                // all 0, as no folder's is: it changed too shortly before the scan to trust
  std::vector<std::string> images;  // file names in the order of their bytes; may be empty
  int64_t other_files = 0;
  int64_t nested_folders = 0;
};

// What one look at a folder of identity folders found, links followed. Hidden files and folders are not counted, nor is
// the manifest that massface align leaves beside them.
struct FolderScan {
  std::vector<IdentityFolder> identities;  // in the order of their names' bytes, those without images too
  int64_t loose_images = 0;                // beside the identity folders, not in one
  int64_t other_files = 0;                 // likewise
  int64_t folders_read = 0;                // how many were read anew; the rest was known

  int64_t num_images() const;
};

// A file counts as an image by its name alone, .jpg, .jpeg, .png or .webp in any case: 500,000 files are not opened to
// look. What they hold decides when they are decoded. A link of such a name counts too, and is a bad image if it is
// broken.
bool has_image_name(std::string_view file_name);

// Reads the root's list of folders, and each of them whose stamp differs from that in `known` (an earlier scan of
// this root, or empty). now_ns: the time of the scan, since 1970. Throws Error for a folder that cannot be read.
FolderScan scan_folder(const std::string& root, FolderScan known, int64_t now_ns);

}  // namespace massface
