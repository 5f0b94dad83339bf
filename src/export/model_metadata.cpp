#include "export/model_metadata.h"

#include "core/hash.h"
#include "evaluation/threshold_table.h"

namespace massface {

std::string fingerprint_of_model(const Model& model) { return hex(hash64(encode_safetensors(to_tensors(model)))); }

std::map<std::string, std::string> metadata_of(const Model& model, const std::filesystem::path& weights,
                                               const ExportOptions& options) {
  // "backbone", "channel_order" and so on, as in the file of the weights.
  std::map<std::string, std::string> metadata = to_tensors(model).metadata;
  metadata["format"] = "massface-onnx-1";
  metadata["fingerprint"] = fingerprint_of_model(model);
  metadata["precision"] = options.int8 ? "int8" : "fp32";
  metadata["preprocessing"] = options.preprocessing ? "true" : "false";
  metadata["unit_length"] = options.unit_length ? "true" : "false";
  metadata["input"] = options.preprocessing
                          ? "uint8 [batch, height, width, 3], RGB, 0 to 255"
                          : fmt::format("float [batch, 3, height, width], {}, (x - mean) / scale of x in 0 to 255",
                                        model.input.channel_order);
  metadata["alignment"] = fmt::format(
      "similarity transform of five landmarks to the ArcFace template of 112 x 112, scaled by the height and centred "
      "across the width: {} x {}",
      model.input.height, model.input.width);
  const std::optional<ThresholdTable> thresholds = read_threshold_table(weights);
  // The graph embeds one image. Whoever decides by the table has to treat the mirrored image as it does.
  metadata["flip"] = thresholds ? thresholds->flip : "none";
  if (thresholds) metadata["thresholds"] = to_json_text(*thresholds);
  return metadata;
}

}  // namespace massface
