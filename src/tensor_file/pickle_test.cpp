#include "tensor_file/pickle.h"

#include <gtest/gtest.h>

#include <array>

#include "core/error.h"
#include "core/testing_folder.h"
#include "core/testing_mutations.h"
#include "tensor_file/testing_pickle.h"

namespace massface {
namespace {

using Kind = PickleValue::Kind;

constexpr std::array<std::string_view, 2> kAllowed = {"collections.OrderedDict", "a.b"};

std::string pickle_complaint(const std::vector<uint8_t>& bytes, UnknownGlobals unknown = UnknownGlobals::kRefuse) {
  return message_of<Error>([&] { read_pickle(bytes, "x.pkl", kAllowed, unknown); });
}

// The value that is read if unknown globals are skipped.
Pickle skipping(const std::vector<uint8_t>& bytes) {
  return read_pickle(bytes, "x.pkl", kAllowed, UnknownGlobals::kSkip);
}

TEST(Pickle, ReadsWhatPythonWritesByProtocol4) {
  // pickle.dumps({"a": [1, -2, 70000, 2**40], "b": (None, True, b"xy", 0.5), 3: ()}, protocol=4)
  const std::string python(
      "\x80\x04\x95\x3b\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01"
      "a\x94]\x94(K\x01J\xfe\xff\xff\xffJp\x11\x01\x00\x8a"
      "\x06\x00\x00\x00\x00\x00\x01"
      "e\x8c\x01"
      "b\x94(N\x88"
      "C\x02xy\x94G?\xe0\x00\x00\x00\x00\x00\x00t\x94K\x03)u.",
      70);
  const std::vector<uint8_t> bytes(python.begin(), python.end());
  const Pickle pickle = read_pickle(bytes, "x", {});
  EXPECT_EQ(pickle.num_bytes, bytes.size());
  const auto& entries = pickle.root->items;
  ASSERT_TRUE(pickle.root->is(Kind::kDict));
  ASSERT_EQ(entries.size(), 6u);
  EXPECT_EQ(entries[0]->text, "a");
  ASSERT_EQ(entries[1]->items.size(), 4u);
  EXPECT_EQ(entries[1]->items[0]->integer, 1);
  EXPECT_EQ(entries[1]->items[1]->integer, -2);
  EXPECT_EQ(entries[1]->items[2]->integer, 70000);
  EXPECT_EQ(entries[1]->items[3]->integer, int64_t{1} << 40);
  ASSERT_TRUE(entries[3]->is(Kind::kTuple));
  EXPECT_TRUE(entries[3]->items[0]->is(Kind::kNone));
  EXPECT_EQ(entries[3]->items[1]->integer, 1);
  EXPECT_TRUE(entries[3]->items[2]->is(Kind::kBytes));
  EXPECT_EQ(entries[3]->items[2]->text, "xy");
  EXPECT_EQ(entries[3]->items[3]->number, 0.5);
  EXPECT_EQ(entries[4]->integer, 3);
}

TEST(Pickle, KeepsACallAsADescription) {
  PickleWriter writer;
  writer.global("collections", "OrderedDict").op(')').op('R').op('q').byte(0);
  writer.text("k").integer(-9).op('s').op('}').op('b').op('h').byte(0).op(0x86);
  const auto bytes = writer.stop();
  const Pickle pickle = read_pickle(bytes, "x", kAllowed);
  ASSERT_EQ(pickle.root->items.size(), 2u);
  const PickleValue& call = *pickle.root->items[0];
  EXPECT_EQ(pickle.root->items[1], &call);  // the same object twice
  EXPECT_TRUE(call.calls("collections.OrderedDict"));
  EXPECT_TRUE(call.arguments->is(Kind::kTuple));
  EXPECT_TRUE(call.state->is(Kind::kDict));
  ASSERT_EQ(call.items.size(), 2u);
  EXPECT_EQ(call.items[1]->integer, -9);
}

TEST(Pickle, RefusesByNameWhateverIsNotAllowed) {
  for (const auto& [module, name] : {std::pair("os", "system"),
                                     {"posix", "system"},
                                     {"builtins", "eval"},
                                     {"collections", "OrderedDict2"},
                                     {"", "collections.OrderedDict"}}) {
    const std::string complaint =
        pickle_complaint(PickleWriter().global(module, name).text("rm -r x").op(0x85).op('R').stop());
    EXPECT_TRUE(has(complaint, fmt::format("x.pkl: refused: byte 2 of its pickle names {}.{},", module, name)))
        << complaint;
  }
  // Named by two strings on the stack, as in protocol 4.
  EXPECT_TRUE(has(pickle_complaint(PickleWriter(4).text("os").text("system").op(0x93).stop()), "names os.system,"));
  EXPECT_EQ(pickle_complaint(PickleWriter(4).text("a").text("b").op(0x93).stop()), "");
}

TEST(Pickle, SkipsObjectsOfUnknownClassesInEveryForm) {
  // C(1), C.__new__(C), C.__new__(C, a=1), each with a state, entries and items.
  for (const std::vector<int>& form : {std::vector<int>{')', 'R'}, {')', 0x81}, {')', '}', 0x92}}) {
    PickleWriter writer(4);
    writer.text("argparse").text("Namespace").op(0x93);
    for (const int opcode : form) writer.op(opcode);
    writer.text("key").integer(1).op('s').integer(2).op('a').op('(').integer(3).op('e');
    writer.op('(').integer(4).op(0x90).op('}').op('b');
    const auto bytes = writer.stop();
    const Pickle pickle = skipping(bytes);
    EXPECT_TRUE(pickle.root->is(Kind::kInert));
    EXPECT_EQ(pickle.root->text, "argparse.Namespace");
    EXPECT_TRUE(pickle.root->items.empty() && pickle.root->arguments == nullptr && pickle.root->state == nullptr);
    EXPECT_TRUE(has(pickle_complaint(bytes), "refused: byte 29 of its pickle names argparse.Namespace,"));
  }
}

TEST(Pickle, SetsAreInertAndLongNumbersAreRead) {
  const auto set = PickleWriter(4).op(0x8f).op('(').integer(1).op(0x90).stop();
  EXPECT_EQ(skipping(set).root->text, "set");
  const auto frozen = PickleWriter(4).op('(').integer(1).op(0x91).stop();
  EXPECT_EQ(skipping(frozen).root->text, "frozenset");
  const auto number = PickleWriter().op(0x8b).number(uint32_t{300}).raw(std::string(300, '\x01')).stop();
  EXPECT_TRUE(skipping(number).root->is(Kind::kBigInteger));
  EXPECT_TRUE(has(pickle_complaint(PickleWriter(4).op(']').op('(').integer(1).op(0x90).stop()), "not a set"));
}

TEST(Pickle, AnUnknownObjectMayContainItself) {
  PickleWriter writer;
  writer.global("m", "C").op(')').op(0x81).op('q').byte(0).op('}').text("me").op('h').byte(0).op('s').op('b');
  const auto bytes = writer.stop();
  EXPECT_TRUE(skipping(bytes).root->is(Kind::kInert));
}

TEST(Pickle, AClassWithinAClassIsSkippedLikeOthers) {
  const auto inner = [](const char* module, const char* outer, const char* name) {
    PickleWriter writer;
    writer.global("__builtin__", "getattr").global(module, outer).text(name).op(0x86).op('R');
    return writer.op(')').op(0x81).stop();
  };
  const auto bytes = inner("trainer", "Trainer", "Options");
  EXPECT_EQ(skipping(bytes).root->text, "trainer.Trainer.Options");
  EXPECT_TRUE(has(pickle_complaint(inner("os", "path", "join"), UnknownGlobals::kSkip), "names os.path,"));
  EXPECT_TRUE(has(pickle_complaint(inner("torch", "hub", "load"), UnknownGlobals::kSkip), "names torch.hub,"));
  EXPECT_TRUE(has(pickle_complaint(bytes), "names __builtin__.getattr,"));
  const auto of_value = PickleWriter().global("builtins", "getattr").integer(1).text("x").op(0x86).op('R').stop();
  EXPECT_TRUE(has(pickle_complaint(of_value, UnknownGlobals::kSkip), "getattr of something that is not a class"));
}

TEST(Pickle, WhatPythonWouldRunIsRefusedEvenIfUnknownGlobalsAreSkipped) {
  for (const auto& [module, name] : {std::pair("os", "system"),
                                     {"posix", "system"},
                                     {"subprocess", "Popen"},
                                     {"builtins", "eval"},
                                     {"__builtin__", "exec"},
                                     {"torch", "hub.load"},
                                     {"importlib", "import_module"}}) {
    const auto bytes = PickleWriter().global(module, name).text("x").op(0x85).op('R').stop();
    EXPECT_TRUE(has(pickle_complaint(bytes, UnknownGlobals::kSkip), fmt::format("names {}.{},", module, name)));
  }
  for (const auto& [module, name] : {std::pair("ostrich", "Egg"), {"builtins", "complex"}, {"code.config", "Config"}}) {
    const auto bytes = PickleWriter().global(module, name).op(')').op('R').stop();
    EXPECT_EQ(pickle_complaint(bytes, UnknownGlobals::kSkip), "");
  }
  // What a skipped call would return is not called.
  const auto twice = PickleWriter().global("m", "f").op(')').op('R').op(')').op('R').stop();
  EXPECT_TRUE(has(pickle_complaint(twice, UnknownGlobals::kSkip), "a call of something that is not a constructor"));
}

TEST(Pickle, TheNumberOfUnknownGlobalsIsLimited) {
  PickleWriter writer;
  writer.op('(');
  for (int i = 0; i < 10'001; ++i) writer.global("m", std::to_string(i));
  EXPECT_TRUE(has(pickle_complaint(writer.op('t').stop(), UnknownGlobals::kSkip), "more than 10000 names"));
}

TEST(Pickle, RefusesOpcodesThatNobodyNeeds) {
  // INST, OBJ, EXT1, PERSID, and protocol 0's integer.
  for (const int opcode : {0x69, 0x6f, 0x82, 0x50, 0x49}) {
    EXPECT_TRUE(has(pickle_complaint(PickleWriter().op(opcode).raw("1\n1\n").stop()),
                    fmt::format("byte 2: the opcode {:#04x}", opcode)));
  }
  EXPECT_TRUE(has(pickle_complaint({'(', 'l', 'p', '0', '\n', '.'}), "protocol 2 to 5"));
}

TEST(Pickle, SizesBeyondTheEndAreErrors) {
  EXPECT_TRUE(has(pickle_complaint(PickleWriter().op(0x8e).number(uint64_t{1} << 63).stop()),
                  "9223372036854775808 bytes are announced, but 1 are left"));
  EXPECT_TRUE(
      has(pickle_complaint(PickleWriter().op('B').number(uint32_t{5}).raw("abc").stop()), "5 bytes are announced"));
  EXPECT_TRUE(has(pickle_complaint({0x80, 2, 'N'}), "1 bytes are announced, but 0 are left"));
  EXPECT_TRUE(has(pickle_complaint({}), "but 0 are left"));
  EXPECT_TRUE(
      has(pickle_complaint(PickleWriter().op('c').raw(std::string(1000, 'x')).stop()), "a name that does not end"));
}

TEST(Pickle, AStackThatDoesNotFitIsAnError) {
  EXPECT_TRUE(has(pickle_complaint(PickleWriter().stop()), "ends in the middle"));
  EXPECT_TRUE(has(pickle_complaint(PickleWriter().op('N').op('N').stop()), "ends in the middle"));
  EXPECT_TRUE(has(pickle_complaint(PickleWriter().op('t').stop()), "a mark is missing"));
  EXPECT_TRUE(has(pickle_complaint(PickleWriter().op('N').op('(').op(0x85).stop()), "a value is missing"));
  EXPECT_TRUE(
      has(pickle_complaint(PickleWriter().op('N').op('N').op('a').stop()), "appended to a value that is not a list"));
  EXPECT_TRUE(has(pickle_complaint(PickleWriter().op('}').op('(').op('N').op('u').stop()), "a key without a value"));
  EXPECT_TRUE(has(pickle_complaint(PickleWriter().op('h').byte(7).stop()), "the value 7 is used but was never kept"));
  EXPECT_TRUE(has(pickle_complaint(PickleWriter().op('N').op(')').op('R').stop()),
                  "a call of something that is not a constructor"));
}

TEST(Pickle, AValueCanNotContainItself) {
  EXPECT_TRUE(
      has(pickle_complaint(PickleWriter().op(']').op('q').byte(0).op('h').byte(0).op('a').stop()), "changed after"));
  // The same through another list.
  PickleWriter writer;
  writer.op(']').op('q').byte(0).op(']').op('q').byte(1).op('h').byte(0).op('a').op('a').op('h').byte(1).op('a');
  EXPECT_TRUE(has(pickle_complaint(writer.stop()), "changed after"));
}

TEST(Pickle, DepthAndUnfoldedSizeAreLimited) {
  PickleWriter deep;
  deep.op(')');
  for (int i = 0; i < 100; ++i) deep.op(0x85);
  EXPECT_TRUE(has(pickle_complaint(deep.stop()), "beyond 64 levels"));
  // Each tuple holds the previous one twice: 40 opcodes describe 2^40 values.
  PickleWriter wide;
  wide.op(')');
  for (int i = 0; i < 40; ++i) wide.op('q').byte(0).op('h').byte(0).op(0x86);
  EXPECT_TRUE(has(pickle_complaint(wide.stop()), "unfolds to more than"));
  const std::vector<uint8_t> many = PickleWriter().op('(').raw(std::string(3'000'000, 'N')).op('t').stop();
  EXPECT_TRUE(has(pickle_complaint(many), "more than 2000000 values"));
  const auto repeated = [](int opcode) {
    return PickleWriter().op('N').raw(std::string(2'100'000, static_cast<char>(opcode))).stop();
  };
  EXPECT_TRUE(has(pickle_complaint(repeated('(')), "more than 2000000 marks"));
  EXPECT_TRUE(has(pickle_complaint(repeated(0x94)), "more than 2000000 values are kept"));
  std::string recalls;
  for (int i = 0; i < 2'000'000; ++i) recalls += std::string_view("h\0", 2);
  EXPECT_TRUE(has(pickle_complaint(PickleWriter().op('N').op('q').byte(0).raw(recalls).stop()),
                  "more than 2000000 values at once"));
}

TEST(Pickle, NoMutationOfAPickleCrashes) {
  PickleWriter valid(4);
  valid.op('}').op(0x94).op('(').text("net").global("collections", "OrderedDict").op(')').op('R').op(0x94).op('(');
  for (int i = 0; i < 8; ++i) valid.integer(i).bytes("values").op('r').number(uint32_t{9});
  valid.text("list").op(']').op('(').integer(1).op('N').op('G').number(uint64_t{0}).op('e').op('u');
  valid.text("again").op('j').number(uint32_t{9}).op('u');
  const std::vector<uint8_t> original = valid.stop();
  ASSERT_EQ(pickle_complaint(original), "");
  int errors = 0;
  try_mutations(original, original.size(), 5000,
                [&](const auto& bytes) { errors += !pickle_complaint(bytes).empty(); });
  EXPECT_GT(errors, 2500);
  EXPECT_LT(errors, 5000);
}

}  // namespace
}  // namespace massface
