// LFW's pairs.txt.
#include "core/testing_fuzz.h"
#include "dataset/verification_pairs.h"

namespace massface {
namespace {

void read(std::span<const uint8_t> bytes) {
  static const FuzzFile file("pairs.txt");
  const VerificationPairs pairs = read_verification_pairs(file.write(bytes));
  for (const VerificationPair& pair : pairs.pairs) {
    check(pair.fold >= 0 && pair.fold < pairs.num_folds, "a pair has a fold");
  }
}

std::vector<std::vector<uint8_t>> seeds() {
  return {bytes_of_text("2\t1\nAda_L\t1\t2\nAda_L\t1\tBob\t3\nBob\t4\t5\nBob\t1\tEve\t12\n"),
          bytes_of_text("1\nAda 1 2\r\nAda 1 Bob 3\r\n"), bytes_of_text("1 1\nAda L\t1\t2\nAda L\t1\tBob B\t3\n")};
}

}  // namespace

FuzzTarget fuzz_target() { return {read, seeds, {"\t", "\r\n", "\xef\xbb\xbf", "10\t300\n", "9223372036854775807"}}; }

}  // namespace massface
