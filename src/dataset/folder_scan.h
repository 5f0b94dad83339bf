#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace massface {

// The time at which the entries of a folder last changed, according to its file system. A change within an existing
// file does not count. The inode is included because a link may point to another folder later.
struct FolderStamp {
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;  // unlike the modification time, no tool can set it back
  uint64_t inode = 0;
  bool operator==(const FolderStamp&) const = default;
};

struct IdentityFolder {
  std::string name;
  FolderStamp stamp;                // all 0 (no real stamp is) if it changed too shortly before the scan
  std::vector<std::string> images;  // file names, sorted by their bytes; may be empty
  int64_t other_files = 0;
  int64_t nested_folders = 0;
};

// The result of scanning a folder of identity folders. Links are followed. Hidden files and folders are not counted,
// nor is the manifest that `massface align` leaves next to the identity folders. has_image_name() decides what an image
// is; a link with such a name counts too, and is a bad image if it is broken.
struct FolderScan {
  std::vector<IdentityFolder> identities;  // sorted by the bytes of their names; some may have no images
  int64_t loose_images = 0;                // next to the identity folders, not in one
  int64_t other_files = 0;                 // likewise
  int64_t folders_read = 0;                // the number of folders read anew; the others were known
  std::vector<std::string> unreadable;     // folders that could not be read, with the reason; they are left out

  int64_t num_images() const;
};

// Lists the folders in `root` and reads each whose stamp differs from that in `known` (an earlier scan of this root, or
// empty). now_ns: the time of the scan in nanoseconds since 1970. Throws Error if the root cannot be read.
FolderScan scan_folder(const std::string& root, FolderScan known, int64_t now_ns);

}  // namespace massface
