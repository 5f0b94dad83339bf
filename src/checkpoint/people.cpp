#include "checkpoint/people.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <ranges>
#include <unordered_map>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

constexpr const char* kPeopleNames = "people.names";
constexpr const char* kPeopleLengths = "people.lengths";

const Tensor* find_tensor(const NamedTensors& state, const std::string& name) {
  const auto found = std::ranges::find(state.tensors, name, &std::pair<std::string, Tensor>::first);
  return found == state.tensors.end() ? nullptr : &found->second;
}

// "2 get fresh ones (carol, dave)", with at most five names.
std::string some_people(const std::vector<std::string>& names) {
  constexpr size_t kNamed = 5;
  std::vector<std::string> shown;
  for (const std::string& name : names | std::views::take(kNamed)) shown.push_back(printable(name));
  if (names.size() > kNamed) shown.emplace_back("...");
  return fmt::format("{}", fmt::join(shown, ", "));
}

// The parameter that the tensor is or belongs to, as "momentum.classifier.weight" to "classifier.weight"; null if none.
const std::pair<std::string, Tensor>* parameter_of(const std::string& tensor,
                                                   const std::vector<std::pair<std::string, Tensor>>& parameters) {
  const auto found = std::ranges::find_if(
      parameters, [&](const auto& named) { return tensor == named.first || tensor.ends_with("." + named.first); });
  return found == parameters.end() ? nullptr : &*found;
}

// Rows that a process tells the others at once.
constexpr int64_t kRowsAtOnce = 1 << 14;

// Returns the rows of all processes in the first one; undefined elsewhere. No process but the first ever holds more
// than a part of the others' rows.
Tensor rows_in_first(Processes& processes, const Tensor& own, int64_t total) {
  std::vector<int64_t> shape = own.sizes().vec();
  shape[0] = total;
  const Tensor all = processes.is_first() ? at::empty(shape, own.options()) : Tensor();
  int64_t largest = 0;
  for (int64_t rank = 0; rank < processes.size(); ++rank) {
    largest = std::max(largest, share_of(total, rank, processes.size()).size());
  }
  shape[0] = std::min(kRowsAtOnce, largest);
  for (int64_t begin = 0; begin < largest; begin += kRowsAtOnce) {
    const auto rows_from = [&](int64_t size) { return std::clamp<int64_t>(size - begin, 0, kRowsAtOnce); };
    const Tensor part = at::zeros(shape, own.options());
    const int64_t here = rows_from(own.size(0));
    if (here > 0) part.slice(0, 0, here).copy_(own.slice(0, begin, begin + here));
    const Tensor parts = processes.gather(part);
    if (!processes.is_first()) continue;
    for (int64_t rank = 0; rank < processes.size(); ++rank) {
      const Share share = share_of(total, rank, processes.size());
      const int64_t rows = rows_from(share.size());
      if (rows == 0) continue;
      all.slice(0, share.begin + begin, share.begin + begin + rows)
          .copy_(parts.slice(0, rank * shape[0], rank * shape[0] + rows));
    }
  }
  return all;
}

}  // namespace

void add_people(NamedTensors& state, const std::vector<std::string>& names) {
  const auto bytes = std::accumulate(names.begin(), names.end(), size_t{0},
                                     [](size_t sum, const std::string& name) { return sum + name.size(); });
  Tensor text = at::empty({static_cast<int64_t>(bytes)}, at::kByte),
         lengths = at::empty({std::ssize(names)}, at::kLong);
  uint8_t* end = text.mutable_data_ptr<uint8_t>();
  for (size_t i = 0; i < names.size(); ++i) {
    end = std::ranges::copy(names[i], end).out;
    lengths.mutable_data_ptr<int64_t>()[i] = std::ssize(names[i]);
  }
  state.tensors.emplace_back(kPeopleNames, text);
  state.tensors.emplace_back(kPeopleLengths, lengths);
}

std::optional<std::vector<std::string>> people_of(const NamedTensors& state) {
  const Tensor *text = find_tensor(state, kPeopleNames), *lengths = find_tensor(state, kPeopleLengths);
  if (text == nullptr || lengths == nullptr) return std::nullopt;
  require(text->scalar_type() == at::kByte && lengths->scalar_type() == at::kLong, "{} and {} have other types",
          kPeopleNames, kPeopleLengths);
  const auto* bytes = reinterpret_cast<const char*>(text->const_data_ptr<uint8_t>());
  int64_t left = text->numel();
  std::vector<std::string> names;
  for (int64_t i = 0; i < lengths->numel(); ++i) {
    const int64_t length = lengths->const_data_ptr<int64_t>()[i];
    require(length >= 0 && length <= left, "{} names more bytes than {} has", kPeopleLengths, kPeopleNames);
    names.emplace_back(bytes, static_cast<size_t>(length));
    bytes += length;
    left -= length;
  }
  return names;
}

PeopleChange compare_people(const std::vector<std::string>& before, const std::vector<std::string>& now) {
  std::unordered_map<std::string_view, int64_t> row_of;
  for (size_t i = 0; i < before.size(); ++i) row_of.emplace(before[i], static_cast<int64_t>(i));
  PeopleChange change{.num_before = std::ssize(before)};
  std::vector<bool> stays(before.size());
  for (const std::string& name : now) {
    const auto found = row_of.find(name);
    change.row_before.push_back(found == row_of.end() ? -1 : found->second);
    if (found == row_of.end())
      change.joined.push_back(name);
    else
      stays[static_cast<size_t>(found->second)] = true;
  }
  for (size_t i = 0; i < before.size(); ++i) {
    if (!stays[i]) change.left.push_back(before[i]);
  }
  change.moved = before != now;
  return change;
}

std::string to_line(const PeopleChange& change) {
  const int64_t now = std::ssize(change.row_before), fresh = std::ssize(change.joined), left = std::ssize(change.left);
  std::string line = fmt::format("{} people in the checkpoint, {} now: {} keep{} their rows", change.num_before, now,
                                 now - fresh, now - fresh == 1 ? "s" : "");
  if (fresh > 0)
    line += fmt::format(", {} get{} fresh ones ({})", fresh, fresh == 1 ? "s" : "", some_people(change.joined));
  if (left > 0) line += fmt::format(", {} {} dropped ({})", left, left == 1 ? "is" : "are", some_people(change.left));
  return line;
}

NamedTensors with_rows_of_present_people(const NamedTensors& state, const PeopleChange& change, Share own,
                                         const std::vector<std::pair<std::string, Tensor>>& fresh) {
  const Tensor before = at::tensor(change.row_before, at::kLong).slice(0, own.begin, own.end);
  const Tensor present = (before >= 0).nonzero().flatten();
  const Tensor taken = before.index_select(0, present);
  NamedTensors mapped{.metadata = state.metadata};
  for (const auto& [name, tensor] : state.tensors) {
    const auto* parameter = parameter_of(name, fresh);
    if (parameter == nullptr || tensor.dim() == 0 || tensor.size(0) != change.num_before) {
      mapped.tensors.emplace_back(name, tensor);
      continue;
    }
    Tensor rows = parameter->second.detach().to(at::kCPU).clone(at::MemoryFormat::Contiguous);
    if (name != parameter->first) rows.zero_();
    mapped.tensors.emplace_back(name, rows.index_copy_(0, present, tensor.index_select(0, taken)));
  }
  return mapped;
}

NamedTensors with_rows_of_all_people(const NamedTensors& state, int64_t total,
                                     const std::vector<std::pair<std::string, Tensor>>& own, Processes& processes) {
  if (processes.size() == 1) return state;
  NamedTensors whole{.metadata = state.metadata};
  for (const auto& [name, tensor] : state.tensors) {
    Tensor rows = parameter_of(name, own) == nullptr ? tensor : rows_in_first(processes, tensor, total);
    if (rows.defined()) whole.tensors.emplace_back(name, std::move(rows));
  }
  return whole;
}

}  // namespace massface
