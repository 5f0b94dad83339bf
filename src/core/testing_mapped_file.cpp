// In place of mapped_file.cpp in the programs of ./run fuzz: the address sanitizer sees a byte too far behind memory
// that was allocated, but not in a mapped file's last page.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/files.h"
#include "core/mapped_file.h"

namespace massface {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const std::vector<uint8_t> content = read_file(path);
  auto* memory = new uint8_t[content.size()];
  std::copy(content.begin(), content.end(), memory);
  bytes_ = {memory, content.size()};
}

MappedFile::~MappedFile() { delete[] bytes_.data(); }

bool MappedFile::has_lost_bytes() const { return false; }

OpenFileSize::OpenFileSize(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_RDONLY)) {}

OpenFileSize::~OpenFileSize() { ::close(descriptor_); }

uint64_t OpenFileSize::bytes() const {
  struct stat status {};
  return ::fstat(descriptor_, &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

}  // namespace massface
