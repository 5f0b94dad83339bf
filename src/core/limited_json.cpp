#include "core/limited_json.h"

#include <unordered_set>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

using Json = nlohmann::json;

// Builds the entries while the text is read. (nlohmann's parser with a callback looks through all of an object's values
// whenever one of them ends, which is quadratic.) Returns true from every event: mistakes are thrown.
class EntryBuilder : public nlohmann::json_sax<Json> {
 public:
  explicit EntryBuilder(const JsonLimits& limits) : limits_(limits) {}

  JsonEntries take() { return std::move(entries_); }

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // not in text

  bool start_object(size_t) override {
    if (is_open_) return open(Json::object());
    is_open_ = true;
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    count();
    if (open_.empty()) {
      require(names_.insert(name).second, "two entries of its JSON are called {}", printable(name.substr(0, 200)));
      entries_.emplace_back(std::move(name), Json());
    } else {
      key_ = std::move(name);
    }
    return true;
  }

  bool parse_error(size_t, const std::string&, const nlohmann::json::exception& error) override {
    fail("its JSON cannot be read: {}", printable(std::string(error.what()).substr(0, 300)));
  }

 private:
  void count() { require(++values_ <= limits_.values, "its JSON has more than {} values", limits_.values); }

  // Returns the value at its place, which stays there as long as values are only added to it.
  Json& placed(Json value) {
    count();
    require(is_open_, "its JSON is not an object");
    if (open_.empty()) return entries_.back().second = std::move(value);
    Json& whole = *open_.back();
    if (whole.is_object()) return whole[key_] = std::move(value);
    whole.push_back(std::move(value));
    return whole.back();
  }

  bool add(Json value) {
    placed(std::move(value));
    return true;
  }

  bool open(Json container) {
    Json& place = placed(std::move(container));
    require(static_cast<int>(open_.size()) + 1 < limits_.depth, "its JSON is nested beyond {} levels", limits_.depth);
    open_.push_back(&place);
    return true;
  }

  bool close() {
    if (!open_.empty()) open_.pop_back();
    return true;
  }

  const JsonLimits limits_;
  int64_t values_ = 0;
  bool is_open_ = false;  // whether the outermost object has begun
  JsonEntries entries_;
  std::unordered_set<std::string> names_;  // of entries_
  std::vector<Json*> open_;                // objects and lists below the outermost object that have not ended
  std::string key_;                        // of the next value of an object in open_
};

}  // namespace

JsonEntries parse_json_object(std::string_view text, const JsonLimits& limits) {
  EntryBuilder builder(limits);
  Json::sax_parse(text, &builder);
  return builder.take();
}

}  // namespace massface
