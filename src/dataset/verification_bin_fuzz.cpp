// insightface's verification sets.
#include "core/testing_fuzz.h"
#include "dataset/verification_bin.h"
#include "tensor_file/testing_pickle.h"

namespace massface {
namespace {

void read(std::span<const uint8_t> bytes) {
  const VerificationBin bin = decode_verification_bin(bytes, "x");
  check(bin.images.size() == 2 * bin.same.size(), "a pair has two images");
  const VerificationPairs pairs = verification_pairs(bin);
  for (const VerificationPair& pair : pairs.pairs) {
    check(pair.fold >= 0 && pair.fold < pairs.num_folds, "a pair has a fold");
  }
}

void write_array(PickleWriter& writer, const std::string& dtype, const std::string& values) {
  writer.global("numpy.core.multiarray", "_reconstruct").global("numpy", "ndarray").integers({0}).bytes("b");
  writer.op(0x87).op('R').op('(').integer(1).integers({std::ssize(values), 1});
  writer.global("numpy", "dtype").op('(').text(dtype).op(0x89).op(0x88).op('t').op('R');
  writer.op('(').integer(3).text("|").op('t').op('b').op(0x89).bytes(values).op('t').op('b');
}

std::vector<std::vector<uint8_t>> seeds() {
  PickleWriter bytes;
  bytes.op(']').op('(').bytes("a0").bytes("b").bytes("c").bytes("").op('e').op(']').op('(').op(0x88).op(0x89);
  PickleWriter arrays(4);
  arrays.op(']').op('(');
  write_array(arrays, "u1", "xy");
  arrays.global("_codecs", "encode").text("z\xc3\xbf").text("latin1").op(0x86).op('R').op('e');
  write_array(arrays, "b1", "\x01");
  PickleWriter scalars;
  scalars.op(']').op('(').bytes("a").bytes("b").op('e').op(']').global("numpy.core.multiarray", "scalar");
  scalars.global("numpy", "dtype").text("b1").op(0x85).op('R').bytes("\x01").op(0x86).op('R').op('a');
  return {bytes.op('e').op(0x86).stop(), arrays.op(0x86).stop(), scalars.op(0x86).stop()};
}

}  // namespace

FuzzTarget fuzz_target() {
  return {read,
          seeds,
          {"cnumpy.core.multiarray\n_reconstruct\n", "cnumpy._core.multiarray\nscalar\n", "cnumpy\nndarray\n",
           "cnumpy\ndtype\n", "c_codecs\nencode\n", "latin1", "u1", "b1"}};
}

}  // namespace massface
