#include "distributed/agreement.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ranges>

#include "core/error.h"
#include "core/stop_signal.h"
#include "distributed/own_address.h"

namespace massface {
namespace {

using Json = nlohmann::ordered_json;

// Returns the numbers of all processes, in the order of their ranks.
std::vector<int64_t> gather_number(Processes& processes, int64_t number) {
  const Tensor all = processes.gather(at::tensor({number}, at::kLong));
  const auto* begin = all.const_data_ptr<int64_t>();
  return {begin, begin + all.numel()};
}

// Bytes of file names need not be UTF-8.
std::string to_text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

[[noreturn]] void throw_fault(Fault::Kind kind, const std::string& message) {
  if (kind == Fault::Kind::kInterrupted) throw Interrupted();
  if (kind == Fault::Kind::kError) throw Error(message);
  throw Failure(message);
}

}  // namespace

Fault fault_of(const std::function<void()>& work) {
  try {
    work();
    return {};
  } catch (const Interrupted&) {
    return {Fault::Kind::kInterrupted, ""};
  } catch (const Error& error) {
    return {Fault::Kind::kError, error.what()};
  } catch (const std::exception& failure) {
    return {Fault::Kind::kFailure, failure.what()};
  }
}

void require_no_fault(Processes& processes, const Fault& own) {
  const bool is_fault = own.kind != Fault::Kind::kNone;
  const auto texts = exchange_if_any(
      processes,
      is_fault ? to_text({{"kind", own.kind}, {"message", own.message}, {"host", machine_name()}}) : std::string());
  if (texts.empty()) return;
  const auto first = std::ranges::find_if(texts, [](const std::string& text) { return !text.empty(); });
  const Json fault = Json::parse(*first);
  const auto is_same = [&](const std::string& text) {
    return !text.empty() && Json::parse(text)["message"] == fault["message"];
  };
  const std::string message = fault["message"];
  const auto kind = fault["kind"].get<Fault::Kind>();
  if (std::ranges::all_of(texts, is_same)) throw_fault(kind, message);
  throw_fault(kind, fmt::format("rank {} on {}: {}", first - texts.begin(), fault["host"].get<std::string>(), message));
}

bool agree_on_stop(Processes& processes) {
  if (processes.size() == 1) return stop_was_asked_for();
  const auto signals = gather_number(processes, pending_stop_signal());
  const int64_t signal = std::ranges::max(signals);
  if (signal != 0) count_stop_signal(static_cast<int>(signal));
  return signal != 0;
}

void throw_if_stopped(Processes& processes) {
  agree_on_stop(processes);
  if (stop_was_asked_for()) throw Interrupted();
}

void require_same_facts(Processes& processes, const std::map<std::string, std::string>& facts) {
  if (processes.size() == 1) return;
  Json own = facts;
  own["host"] = machine_name();
  const auto texts = processes.exchange(to_text(own));
  const Json first = Json::parse(texts[0]);
  for (size_t rank = 1; rank < texts.size(); ++rank) {
    const Json other = Json::parse(texts[rank]);
    for (const auto& [name, value] : first.items()) {
      if (name == "host" || other.value(name, Json()) == value) continue;
      fail("the processes of one training must be alike, but the {} differs: {} of rank 0 on {}, {} of rank {} on {}",
           name, value.get<std::string>(), first["host"].get<std::string>(), other.value(name, std::string("none")),
           rank, other["host"].get<std::string>());
    }
  }
}

std::vector<std::string> exchange_if_any(Processes& processes, const std::string& text) {
  const auto lengths = gather_number(processes, std::ssize(text));
  if (std::ranges::max(lengths) == 0) return {};
  return processes.exchange(text);
}

}  // namespace massface
