// Pickles, read both ways, and the tensors that they describe.
#include "core/testing_fuzz.h"
#include "tensor_file/pickle.h"
#include "tensor_file/testing_pickle.h"
#include "tensor_file/torch_tensors.h"

namespace massface {
namespace {

void read(std::span<const uint8_t> bytes) {
  try {
    read_pickle(bytes, "x", torch_globals());
  } catch (const Error&) {
  }
  const Pickle pickle = read_pickle(bytes, "x", torch_globals(), UnknownGlobals::kSkip);
  check(pickle.num_bytes <= bytes.size(), "a pickle is part of its input");
  const std::vector<uint8_t> values(48);
  try {
    tensors_of(pickle, {{"0", values}, {"1", std::span(values).first(8)}}, "x");
  } catch (const Error&) {
  }
}

std::vector<std::vector<uint8_t>> seeds() {
  PickleWriter tensor;
  tensor.op('}').text("w").global("torch._utils", "_rebuild_tensor_v2").op('(').op('(').text("storage");
  tensor.global("torch", "FloatStorage").text("0").text("cpu").integer(12).op('t').op('Q').integer(1);
  tensor.integers({2, 3}).integers({3, 1}).op(0x89).global("collections", "OrderedDict").op(')').op('R');
  tensor.op('t').op('R').op('s');
  PickleWriter objects(4);
  objects.op(0x95).number(uint64_t{9}).op('}').op(0x94).op('(').text("args").text("argparse").text("Namespace");
  objects.op(0x93).op(0x94).op(')').op(0x81).op('}').text("lr").op('G').number(uint64_t{0x3f}).op('s').op('b');
  objects.text("set").op(0x8f).op('(').integer(1).op(0x90).text("list").op(']').op('(').op('N').op(0x88).op('e');
  objects.text("again").op('h').byte(1).op('u');
  PickleWriter parameter;
  parameter.global("torch._utils", "_rebuild_parameter").op('N').op(0x89).op('N').op(0x87).op('R').op('q').byte(1);
  parameter.op('h').byte(1).op(0x86).global("__builtin__", "getattr").global("m", "A").text("B").op(0x86).op('R');
  return {tensor.stop(), objects.stop(), parameter.op(0x86).stop()};
}

}  // namespace

FuzzTarget fuzz_target() {
  std::vector<std::string> words = {"storage",
                                    "module",
                                    "cargparse\nNamespace\n",
                                    "c__builtin__\ngetattr\n",
                                    "cos\nsystem\n",
                                    "ctorch._tensor\n_rebuild_from_type_v2\n"};
  for (const std::string_view global : torch_globals()) {
    std::string line = "c" + std::string(global) + "\n";
    line[line.rfind('.')] = '\n';
    words.push_back(line);
  }
  return {read, seeds, words};
}

}  // namespace massface
