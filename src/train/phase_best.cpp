#include "train/phase_best.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"

namespace massface {
namespace {

constexpr const char* kKey = "phase_best";

nlohmann::json to_json(const HeldOutAccuracy& measured) {
  return {measured.phase_step, measured.accuracy, measured.standard_error};
}

HeldOutAccuracy measured_of(const nlohmann::json& json) {
  return {.phase_step = json.at(0), .accuracy = json.at(1), .standard_error = json.at(2)};
}

}  // namespace

bool PhaseBest::offer(const HeldOutAccuracy& measured, const NamedTensors& model) {
  if (!start_) start_ = measured;
  std::erase_if(measured_, [&](const HeldOutAccuracy& before) { return before.phase_step >= measured.phase_step; });
  measured_.push_back(measured);
  if (best_ && measured.accuracy <= best_->accuracy) return false;
  best_ = measured;
  model_.metadata = model.metadata;
  model_.tensors.clear();
  // Copies: the phase goes on to train the tensors themselves.
  for (const auto& [name, tensor] : model.tensors) model_.tensors.emplace_back(name, tensor.clone());
  return true;
}

void PhaseBest::forget_after(int64_t phase_step) {
  std::erase_if(measured_, [&](const HeldOutAccuracy& measured) { return measured.phase_step > phase_step; });
  if (!best_ || best_->phase_step <= phase_step) return;
  best_.reset();
  model_ = {};
}

bool PhaseBest::has_settled(int64_t patience, int64_t phase_step) const {
  if (patience == 0) return false;
  int64_t since = 0;  // the last that was better
  std::optional<HeldOutAccuracy> reference;
  for (const HeldOutAccuracy& measured : measured_) {
    if (measured.phase_step > phase_step) break;
    ++since;
    if (reference && measured.accuracy <= reference->accuracy + reference->standard_error) continue;
    reference = measured;
    since = 0;
  }
  return reference && since >= patience;
}

NamedTensors PhaseBest::to_tensors() const {
  check(best_.has_value(), "something was offered");
  NamedTensors tensors = model_;
  nlohmann::json measured = nlohmann::json::array();
  for (const HeldOutAccuracy& one : measured_) measured.push_back(to_json(one));
  tensors.metadata[kKey] =
      nlohmann::json{{"start", to_json(*start_)}, {"best", to_json(*best_)}, {"measured", measured}}.dump();
  return tensors;
}

PhaseBest PhaseBest::from_tensors(const NamedTensors& tensors, const std::string& source) {
  PhaseBest phase;
  phase.model_ = tensors;
  const auto text = tensors.metadata.find(kKey);
  require(text != tensors.metadata.end(), "{}: its metadata lacks {}; it is not the best of a phase", printable(source),
          kKey);
  phase.model_.metadata.erase(kKey);
  try {
    const auto json = nlohmann::json::parse(text->second);
    phase.start_ = measured_of(json.at("start"));
    phase.best_ = measured_of(json.at("best"));
    for (const auto& one : json.at("measured")) phase.measured_.push_back(measured_of(one));
  } catch (const nlohmann::json::exception& error) {
    fail("{}: {} in its metadata is damaged: {}", printable(source), kKey, error.what());
  }
  return phase;
}

}  // namespace massface
