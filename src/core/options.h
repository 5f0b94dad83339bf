#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace massface {

// Inclusive bounds of a number.
struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};

using OptionValue = std::variant<bool, int64_t, double, std::string>;

enum class OptionKind { kBool, kInteger, kNumber, kText, kChoice };

// The description of one option. The command line, --help, recipes, the run directory's options.toml and
// docs/options.md are all made from a list of these.
struct OptionField {
  std::string name;  // "softmax.optimizer.learning_rate"
  OptionKind kind;
  Range range;                       // kInteger and kNumber only
  std::vector<std::string> choices;  // kChoice only
  std::string help;
  OptionValue default_value;
  std::function<OptionValue()> get;
  std::function<void(const OptionValue&)> store;  // called after kind and range were checked
};

// The list of options, filled by the describe() of each options struct. Keeps references to the struct's members, which
// must outlive it.
class OptionTable {
 public:
  void add(std::string_view name, bool& value, std::string_view help);
  void add(std::string_view name, int64_t& value, Range range, std::string_view help);
  void add(std::string_view name, double& value, Range range, std::string_view help);
  void add(std::string_view name, std::string& value, std::string_view help);
  void add_choice(std::string_view name, std::string& value, std::vector<std::string> choices, std::string_view help);

  // Prefixes every name that `describe` adds with `group` and a dot: a phase's options get the phase's name.
  void group(std::string_view group, const std::function<void()>& describe);

  // where: the origin of the value for error messages, "recipes/x.toml:12" or "the command line". Throws Error for an
  // unknown name (suggesting the nearest known one), a wrong type or a value out of range.
  void set(std::string_view name, const OptionValue& value, std::string_view where);
  void set_from_text(std::string_view name, std::string_view text, std::string_view where);

  const std::vector<OptionField>& fields() const { return fields_; }

 private:
  void push(std::string_view name, OptionField field);
  const OptionField& find(std::string_view name, std::string_view where) const;

  std::string prefix_;
  std::vector<OptionField> fields_;
};

// The spelling that recipes and messages use: true, 3, 0.1, "cosine".
std::string to_toml(const OptionValue& value);

// A description of the allowed values: "0 to 1", "at least 2", "one of sgd, adam", or "" if anything is allowed.
std::string allowed_values(const OptionField& field);

// Whether a number lies in its field's range, and a choice is one of the field's; text and bool always are allowed. A
// default that is not allowed stands for a value that was not given.
bool is_allowed(const OptionField& field, const OptionValue& value);

// The known names with the smallest edit distance, in their given order; empty if none is close. The last parts of a
// dotted name alone count as well: "margin" finds "triplet.margin".
std::vector<std::string> nearest_names(std::string_view name, const std::vector<std::string>& known);

// The first of nearest_names(), or "" if none is close.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);

}  // namespace massface
