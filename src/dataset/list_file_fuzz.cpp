// Lists of images.
#include "core/testing_fuzz.h"
#include "dataset/list_file.h"

namespace massface {
namespace {

void read(std::span<const uint8_t> bytes) {
  static const FuzzFile file("list.txt");
  read_list_file(file.write(bytes));
}

std::vector<std::vector<uint8_t>> seeds() {
  return {bytes_of_text("ada/1.jpg ada\nbob/2.png bob\n"),
          bytes_of_text("path,name\r\n\"a, b.jpg\",\"Ada \"\"L\"\"\"\r\n"),
          bytes_of_text("ada\t./x/../1.webp\nbob\ta\\2.jpeg\n"), bytes_of_text("/abs//1.JPG 7\n\n  b 1.jpg 8\n")};
}

}  // namespace

FuzzTarget fuzz_target() {
  return {read, seeds, {".jpg", ".png", ",", "\t", "\"", "\"\"", "\\", "./", "../", "\r\n", "\xef\xbb\xbf"}};
}

}  // namespace massface
