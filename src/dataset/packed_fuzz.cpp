// Packed sets: files as they are, and signed with checksums that fit; and the text of an index of shards.
#include "core/files.h"
#include "core/testing_fuzz.h"
#include "dataset/packed_file.h"
#include "dataset/packed_shards.h"
#include "dataset/packed_writer.h"
#include "dataset/testing_fuzz_dataset.h"
#include "dataset/testing_packed.h"
#include "image/testing_webp.h"

namespace massface {
namespace {

void read(std::span<const uint8_t> bytes) {
  static const FuzzFile file("set.mfp");
  if (!bytes.empty() && bytes[0] == '{') {
    const ShardIndex index = parse_shard_index(text_of(bytes));
    check(parse_shard_index(to_json_text(index)).shards.size() == index.shards.size(), "an index is read back");
    return;
  }
  try {
    read_fuzzed_dataset(PackedFile(file.write(bytes)));
  } catch (const Error&) {
  }
  Bytes made_to_fit(bytes.begin(), bytes.end());
  sign_packed(made_to_fit);
  read_fuzzed_dataset(PackedFile(file.write(made_to_fit)));
}

std::vector<std::vector<uint8_t>> seeds() {
  const FuzzFile file("seed.mfp");
  PackedWriter writer(file.path(), false);
  for (const std::string_view identity : {"ada", "bob"}) {
    writer.begin_identity(identity);
    writer.add_image("1.webp", smallest_webp());
    writer.add_image("2.webp", smallest_webp());
  }
  writer.finish();
  const ShardIndex index{.images = 3,
                         .identities = 2,
                         .fingerprint = 7,
                         .shards = {{"s-00000.mfp", 900, 2, 1, 5}, {"s-00001.mfp", 800, 1, 1, 6}}};
  return {read_file(file.path()), bytes_of_text(to_json_text(index))};
}

}  // namespace

FuzzTarget fuzz_target() {
  return {read,
          seeds,
          {"\"format\"", "massface-packed-shards-1", "\"images\"", "\"identities\"", "\"fingerprint\"", "\"shards\"",
           "\"file\"", "\"bytes\"", "\"header_xxh3\"", "[{", "18446744073709551615"}};
}

}  // namespace massface
