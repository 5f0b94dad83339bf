#include "export/onnx_file.h"

#include <ATen/ATen.h>

#include <cstring>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "core/error.h"
#include "export/onnx_fields.h"
#include "export/onnx_types.h"

namespace massface {
namespace {

constexpr const char* kBatchName = "batch";          // of the size that is free
constexpr uint64_t kMaxFileBytes = 2'000'000'000;    // a message of protobuf has less than 2 GiB
constexpr uint64_t kBytesBesideTensors = 8'000'000;  // more than names and nodes take

void write_attribute(protozero::pbf_writer& node, const std::string& name, const OnnxAttribute& value) {
  protozero::pbf_writer attribute(node, onnx::node::attribute);
  attribute.add_string(onnx::attribute::name, name);
  if (const auto* whole = std::get_if<int64_t>(&value)) {
    attribute.add_int64(onnx::attribute::i, *whole);
    attribute.add_enum(onnx::attribute::type, onnx::attribute::kInt);
  } else if (const auto* number = std::get_if<float>(&value)) {
    attribute.add_float(onnx::attribute::f, *number);
    attribute.add_enum(onnx::attribute::type, onnx::attribute::kFloat);
  } else {
    for (const int64_t item : std::get<std::vector<int64_t>>(value)) attribute.add_int64(onnx::attribute::ints, item);
    attribute.add_enum(onnx::attribute::type, onnx::attribute::kInts);
  }
}

void write_node(protozero::pbf_writer& graph, const OnnxNode& node) {
  protozero::pbf_writer writer(graph, onnx::graph::node);
  for (const std::string& input : node.inputs) writer.add_string(onnx::node::input, input);
  writer.add_string(onnx::node::output, node.name);
  writer.add_string(onnx::node::name, node.name);
  writer.add_string(onnx::node::op_type, node.type);
  for (const auto& [name, value] : node.attributes) write_attribute(writer, name, value);
}

void write_tensor(protozero::pbf_writer& graph, const std::string& name, const Tensor& tensor) {
  const Tensor values = tensor.detach().cpu().contiguous();
  protozero::pbf_writer writer(graph, onnx::graph::initializer);
  for (const int64_t size : values.sizes()) writer.add_int64(onnx::tensor::dims, size);
  writer.add_int32(onnx::tensor::data_type, onnx_type(values.scalar_type()));
  writer.add_string(onnx::tensor::name, name);
  writer.add_bytes(onnx::tensor::raw_data, static_cast<const char*>(values.const_data_ptr()), values.nbytes());
}

void write_value(protozero::pbf_writer& graph, uint32_t field, const OnnxValue& value) {
  protozero::pbf_writer writer(graph, field);
  writer.add_string(onnx::value::name, value.name);
  protozero::pbf_writer type(writer, onnx::value::type);
  protozero::pbf_writer tensor(type, onnx::type::tensor);
  tensor.add_int32(onnx::tensor_type::element, onnx_type(value.type));
  protozero::pbf_writer shape(tensor, onnx::tensor_type::shape);
  for (const int64_t size : value.shape) {
    protozero::pbf_writer dimension(shape, onnx::shape::dimension);
    if (size == OnnxValue::kBatch) {
      dimension.add_string(onnx::dimension::parameter, kBatchName);
    } else {
      dimension.add_int64(onnx::dimension::value, size);
    }
  }
}

void write_graph(protozero::pbf_writer& model, const OnnxGraph& graph) {
  protozero::pbf_writer writer(model, onnx::model::graph);
  for (const OnnxNode& node : graph.nodes) write_node(writer, node);
  writer.add_string(onnx::graph::name, "massface");
  for (const auto& [name, tensor] : graph.initializers) write_tensor(writer, name, tensor);
  write_value(writer, onnx::graph::input, graph.input);
  write_value(writer, onnx::graph::output, graph.output);
}

OnnxAttribute read_attribute(protozero::pbf_reader reader, std::string& name) {
  OnnxAttribute value;
  int32_t type = 0;
  std::vector<int64_t> items;
  while (reader.next()) {
    switch (reader.tag()) {
      case onnx::attribute::name:
        name = reader.get_string();
        break;
      case onnx::attribute::i:
        value = reader.get_int64();
        break;
      case onnx::attribute::f:
        value = reader.get_float();
        break;
      case onnx::attribute::ints:
        items.push_back(reader.get_int64());
        break;
      case onnx::attribute::type:
        type = reader.get_enum();
        break;
      default:
        reader.skip();
    }
  }
  if (type == onnx::attribute::kInts) value = items;
  return value;
}

OnnxNode read_node(protozero::pbf_reader reader) {
  OnnxNode node;
  while (reader.next()) {
    switch (reader.tag()) {
      case onnx::node::input:
        node.inputs.push_back(reader.get_string());
        break;
      case onnx::node::name:
        node.name = reader.get_string();
        break;
      case onnx::node::op_type:
        node.type = reader.get_string();
        break;
      case onnx::node::attribute: {
        std::string name;
        const OnnxAttribute value = read_attribute(reader.get_message(), name);
        node.attributes[name] = value;
        break;
      }
      default:
        reader.skip();
    }
  }
  return node;
}

std::pair<std::string, Tensor> read_tensor(protozero::pbf_reader reader) {
  std::string name;
  std::vector<int64_t> sizes;
  at::ScalarType type = at::kFloat;
  protozero::data_view bytes;
  while (reader.next()) {
    switch (reader.tag()) {
      case onnx::tensor::dims:
        sizes.push_back(reader.get_int64());
        break;
      case onnx::tensor::data_type:
        type = scalar_type(reader.get_int32());
        break;
      case onnx::tensor::name:
        name = reader.get_string();
        break;
      case onnx::tensor::raw_data:
        bytes = reader.get_view();
        break;
      default:
        reader.skip();
    }
  }
  Tensor tensor = at::empty(sizes, type);
  require(tensor.nbytes() == bytes.size(), "the tensor {} has {} bytes, not {}", name, bytes.size(), tensor.nbytes());
  if (bytes.size() > 0) std::memcpy(tensor.mutable_data_ptr(), bytes.data(), bytes.size());
  return {name, tensor};
}

std::vector<int64_t> read_shape(protozero::pbf_reader reader) {
  std::vector<int64_t> shape;
  while (reader.next(onnx::shape::dimension)) {
    protozero::pbf_reader dimension = reader.get_message();
    shape.push_back(OnnxValue::kBatch);
    while (dimension.next()) {
      if (dimension.tag() == onnx::dimension::value) {
        shape.back() = dimension.get_int64();
      } else {
        dimension.skip();
      }
    }
  }
  return shape;
}

OnnxValue read_value(protozero::pbf_reader reader) {
  OnnxValue value;
  while (reader.next()) {
    if (reader.tag() == onnx::value::name) {
      value.name = reader.get_string();
      continue;
    }
    protozero::pbf_reader type = reader.get_message();
    while (type.next(onnx::type::tensor)) {
      protozero::pbf_reader tensor = type.get_message();
      while (tensor.next()) {
        if (tensor.tag() == onnx::tensor_type::element) {
          value.type = scalar_type(tensor.get_int32());
        } else {
          value.shape = read_shape(tensor.get_message());
        }
      }
    }
  }
  return value;
}

void read_graph(protozero::pbf_reader reader, OnnxGraph& graph) {
  while (reader.next()) {
    switch (reader.tag()) {
      case onnx::graph::node:
        graph.nodes.push_back(read_node(reader.get_message()));
        break;
      case onnx::graph::initializer:
        graph.initializers.push_back(read_tensor(reader.get_message()));
        break;
      case onnx::graph::input:
        graph.input = read_value(reader.get_message());
        break;
      case onnx::graph::output:
        graph.output = read_value(reader.get_message());
        break;
      default:
        reader.skip();
    }
  }
}

void read_metadata(protozero::pbf_reader reader, OnnxGraph& graph) {
  std::string key, value;
  while (reader.next()) {
    switch (reader.tag()) {
      case onnx::entry::key:
        key = reader.get_string();
        break;
      case onnx::entry::value:
        value = reader.get_string();
        break;
      default:
        reader.skip();
    }
  }
  graph.metadata[key] = value;
}

}  // namespace

std::string encode_onnx(const OnnxGraph& graph) {
  uint64_t num_bytes = kBytesBesideTensors;
  for (const auto& [name, tensor] : graph.initializers) num_bytes += tensor.nbytes();
  require(num_bytes <= kMaxFileBytes, "the weights have {} bytes, but an ONNX file holds at most {}", num_bytes,
          kMaxFileBytes);
  std::string bytes;
  bytes.reserve(num_bytes);
  protozero::pbf_writer model(bytes);
  model.add_int64(onnx::model::ir_version, kOnnxFormat);
  model.add_string(onnx::model::producer_name, "massface");
  model.add_string(onnx::model::producer_version, MASSFACE_VERSION);
  write_graph(model, graph);
  {
    protozero::pbf_writer operators(model, onnx::model::opset_import);
    operators.add_string(onnx::opset::domain, "");
    operators.add_int64(onnx::opset::version, kOnnxOperators);
  }
  for (const auto& [key, value] : graph.metadata) {
    protozero::pbf_writer entry(model, onnx::model::metadata);
    entry.add_string(onnx::entry::key, key);
    entry.add_string(onnx::entry::value, value);
  }
  return bytes;
}

OnnxGraph decode_onnx(std::string_view bytes) {
  try {
    OnnxGraph graph;
    protozero::pbf_reader model(bytes.data(), bytes.size());
    while (model.next()) {
      switch (model.tag()) {
        case onnx::model::graph:
          read_graph(model.get_message(), graph);
          break;
        case onnx::model::metadata:
          read_metadata(model.get_message(), graph);
          break;
        default:
          model.skip();
      }
    }
    return graph;
  } catch (const protozero::exception& damage) {
    fail("an ONNX graph cannot be read: {}", damage.what());
  }
}

}  // namespace massface
