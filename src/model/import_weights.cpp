#include "model/import_weights.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/files.h"
#include "model/import_names.h"

namespace massface {
namespace {

// Our name and the published name of a tensor.
struct NamePair {
  std::string ours;
  std::string theirs;
};

struct FormNames {
  std::vector<NamePair> needed;
  std::vector<std::string> left_out;  // published names
};

std::string numbered(std::string name, int number) {
  const size_t place = name.find('#');
  return place == std::string::npos ? name : name.replace(place, 1, std::to_string(number));
}

void add_norm(FormNames& names, const std::string& ours, const std::string& theirs) {
  for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"}) {
    names.needed.push_back({ours + part, theirs + part});
  }
  names.left_out.push_back(theirs + ".num_batches_tracked");
}

FormNames names_of(const ImportForm& form) {
  FormNames names;
  for (const ImportRow& row : form.rows) {
    for (int i = 0; i < row.blocks.count; ++i) {
      const std::string ours = numbered(row.ours, row.blocks.ours + i);
      const auto theirs = [&](const char* module) { return numbered(module, row.blocks.theirs + i); };
      if (row.conv == nullptr) {
        add_norm(names, ours, theirs(row.norm));
        continue;
      }
      names.needed.push_back({ours + ".conv.weight", theirs(row.conv) + ".weight"});
      if (row.has_bias) names.needed.push_back({ours + ".conv.bias", theirs(row.conv) + ".bias"});
      if (row.norm != nullptr) add_norm(names, ours + ".norm", theirs(row.norm));
      if (row.prelu != nullptr) names.needed.push_back({ours + ".prelu.weight", theirs(row.prelu) + ".weight"});
    }
  }
  for (const char* name : form.left_out) names.left_out.emplace_back(name);
  return names;
}

using TensorsByName = std::map<std::string, Tensor>;

// A form, and a place in the checkpoint where its network may be.
struct Candidate {
  const ImportForm* form;
  FormNames names;
  std::string prefix;
  int64_t found;  // number of its tensors that are there
};

// Returns a candidate for each place that has a form's first tensor.
std::vector<Candidate> candidates_in(const TensorsByName& tensors, const std::string& backbone) {
  std::vector<Candidate> candidates;
  for (const ImportForm& form : kImportForms) {
    if (backbone != form.backbone) continue;
    const FormNames names = names_of(form);
    const std::string& first = names.needed.front().theirs;
    for (const auto& [name, tensor] : tensors) {
      if (!name.ends_with(first)) continue;
      const std::string prefix = name.substr(0, name.size() - first.size());
      if (!prefix.empty() && !prefix.ends_with('.')) continue;
      const auto is_there = [&](const NamePair& pair) { return tensors.contains(prefix + pair.theirs); };
      candidates.push_back({&form, names, prefix, std::ranges::count_if(names.needed, is_there)});
    }
  }
  return candidates;
}

class Importer {
 public:
  Importer(const NamedTensors& checkpoint, const ImportOptions& options, const std::string& source)
      : tensors_(checkpoint.tensors.begin(), checkpoint.tensors.end()),
        options_(options),
        source_(printable(source)),
        chosen_(choose()) {}

  ImportedModel run() {
    for (const NamePair& pair : chosen_.names.needed) {
      require(tensors_.contains(chosen_.prefix + pair.theirs),
              "{}: the tensor {} is missing; it becomes {} of {} (the form of {}).", source_, shown(pair.theirs),
              pair.ours, options_.backbone, chosen_.form->name);
    }
    ImportedModel imported{make_network(), chosen_.form->name, chosen_.prefix, ignored()};
    copy_into(imported.model);
    return imported;
  }

 private:
  Candidate choose() const {
    std::vector<Candidate> candidates = candidates_in(tensors_, options_.backbone);
    if (!options_.prefix.empty()) {
      const std::string wanted = options_.prefix + (options_.prefix.ends_with('.') ? "" : ".");
      std::erase_if(candidates, [&](const Candidate& candidate) { return candidate.prefix != wanted; });
    }
    std::vector<std::string> forms;
    for (const ImportForm& form : kImportForms) {
      if (options_.backbone == form.backbone) forms.push_back(form.name);
    }
    require(!candidates.empty(), "{}: none of its {} tensors{} has a name of a published {} ({}).", source_,
            tensors_.size(), options_.prefix.empty() ? "" : " below --prefix " + printable(options_.prefix),
            printable(options_.backbone), fmt::join(forms, ", "));
    std::ranges::stable_sort(candidates, std::ranges::greater(), &Candidate::found);
    require(candidates.size() == 1 || candidates[0].found > candidates[1].found,
            "{}: it contains more than one such network; choose one with --prefix, for example {} or {}.", source_,
            printable(candidates.front().prefix), printable(candidates.back().prefix));
    return candidates.front();
  }

  std::string shown(const std::string& theirs) const { return printable(chosen_.prefix + theirs); }

  const Tensor& theirs(const std::string& ours) const {
    const auto pair = std::ranges::find(chosen_.names.needed, ours, &NamePair::ours);
    check(pair != chosen_.names.needed.end(), "the tables name every unit of the network");
    return tensors_.at(chosen_.prefix + pair->theirs);
  }

  // Returns the size of the input, [height, width], as 16 times the global depthwise kernel.
  std::array<int64_t, 2> size_of_kernel() const {
    const Tensor& global = theirs("head_depthwise.conv.weight");
    require(global.dim() == 4, "{}: the global depthwise kernel has {} dimensions, not 4.", source_, global.dim());
    const std::array<int64_t, 2> size = {16 * global.size(2), 16 * global.size(3)};
    require((options_.height == 0 || options_.height == size[0]) && (options_.width == 0 || options_.width == size[1]),
            "{}: its global depthwise kernel is {} x {}, so the network takes images {} high and {} wide; omit "
            "--height and --width.",
            source_, global.size(2), global.size(3), size[0], size[1]);
    return size;
  }

  std::array<int64_t, 2> input_size() const {
    const auto [height, width] = chosen_.form->input_size;
    if (height == 0) return size_of_kernel();
    return {options_.height == 0 ? height : options_.height, options_.width == 0 ? width : options_.width};
  }

  // Makes a network with the sizes that the weights have.
  Model make_network() const {
    const auto [height, width] = input_size();
    InputFormat input{.height = height,
                      .width = width,
                      .channel_order = chosen_.form->channel_order,
                      .mean = options_.mean < 0 ? chosen_.form->mean : options_.mean,
                      .scale = options_.scale == 0 ? chosen_.form->scale : options_.scale};
    if (options_.channel_order != "published") input.channel_order = options_.channel_order;
    require(input.height <= 1024 && input.width <= 1024, "{}: a network for images {} high and {} wide is too large.",
            source_, input.height, input.width);
    const Tensor& embedding = theirs("embedding.conv.weight");
    const int64_t size = embedding.dim() == 0 ? 0 : embedding.size(0);
    require(size >= 1 && size <= 4096, "{}: the embedding size is {}, expected 1 to 4096.", source_, size);
    return make_model({.name = options_.backbone, .embedding_size = size}, input, /*seed=*/std::nullopt);
  }

  // Returns the tensors of other parts of the checkpoint. Throws Error for an unknown tensor within the network's part.
  std::vector<std::string> ignored() const {
    std::set<std::string> known;
    for (const NamePair& pair : chosen_.names.needed) known.insert(chosen_.prefix + pair.theirs);
    for (const std::string& name : chosen_.names.left_out) known.insert(chosen_.prefix + name);
    std::vector<std::string> others;
    for (const auto& [name, tensor] : tensors_) {
      if (known.contains(name)) continue;
      require(!name.starts_with(chosen_.prefix), "{}: the tensor {} is left over: {} has no such tensor.", source_,
              printable(name), options_.backbone);
      others.push_back(name);
    }
    return others;
  }

  void copy_into(const Model& model) const {
    std::map<std::string, Tensor> weights;
    for (const auto& [name, weight] : to_tensors(model).tensors) weights.emplace(name, weight);
    check(weights.size() == chosen_.names.needed.size(), "the tables name every tensor of the network");
    const at::NoGradGuard no_grad;
    for (const NamePair& pair : chosen_.names.needed) {
      const Tensor& weight = weights.at(pair.ours);
      Tensor value = tensors_.at(chosen_.prefix + pair.theirs);
      // The matrix of a fully connected layer is a convolution with a kernel as large as its input; its columns are in
      // the order of the input's channels, rows and columns.
      const bool is_matrix = value.dim() == 2 && weight.dim() == 4 && value.size(0) == weight.size(0);
      if (is_matrix && value.numel() == weight.numel()) value = value.reshape(weight.sizes());
      require(value.sizes() == weight.sizes() && value.is_floating_point(),
              "{}: the tensor {} is {} [{}], but {} of {} needs floating point [{}].", source_, shown(pair.theirs),
              c10::toString(value.scalar_type()), fmt::join(value.sizes(), ", "), pair.ours, options_.backbone,
              fmt::join(weight.sizes(), ", "));
      require(at::isfinite(value).all().item<bool>(), "{}: the tensor {} contains NaN or infinity.", source_,
              shown(pair.theirs));
      weight.copy_(value);
    }
  }

  TensorsByName tensors_;
  const ImportOptions& options_;
  std::string source_;
  Candidate chosen_;
};

}  // namespace

std::vector<std::string> importable_backbones() {
  std::vector<std::string> names;
  for (const ImportForm& form : kImportForms) {
    if (std::ranges::find(names, form.backbone) == names.end()) names.emplace_back(form.backbone);
  }
  return names;
}

void ImportOptions::describe(OptionTable& table) {
  table.add_choice("backbone", backbone, importable_backbones(), "The MassFace network that it becomes.");
  table.add(
      "prefix", prefix,
      "The part of the checkpoint that contains the network, such as net_state_dict. Empty: found automatically.");
  table.add("height", height, {0, 1024},
            "Height of the network's input in pixels; 0: taken from the weights, or as published if they do not say.");
  table.add("width", width, {0, 1024},
            "Width of the network's input in pixels; 0: taken from the weights, or as published if they do not say.");
  table.add_choice("channel_order", channel_order, {"published", "rgb", "bgr"},
                   "Order of the colours in the network's input; published: as in its authors' code.");
  table.add("mean", mean, {-1, 255}, "A pixel x becomes (x - mean) / scale; -1: as published.");
  table.add("scale", scale, {0, 1e6}, "A pixel x becomes (x - mean) / scale; 0: as published.");
}

ImportedModel import_weights(const NamedTensors& checkpoint, const ImportOptions& options, const std::string& source) {
  return Importer(checkpoint, options, source).run();
}

}  // namespace massface
