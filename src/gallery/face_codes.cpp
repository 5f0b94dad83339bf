#include "gallery/face_codes.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "kernels/code_products.h"

namespace massface {
namespace {

constexpr float kLargestCode = 119;  // 16 u + l with u and l from -8 to 7
constexpr float kLargestQueryCode = 2047;
constexpr int64_t kRowsOfPart = 256;  // products of which stay in the cache

// Rounding of the sums below, with room to spare.
constexpr float kRounding = 1e-6f;

float length_of_rest(const float* row, int64_t n, double scale, const auto& code) {
  double squares = 0;
  for (int64_t j = 0; j < n; ++j) {
    const double rest = double{row[j]} - scale * code(j);
    squares += rest * rest;
  }
  return static_cast<float>(std::sqrt(squares)) + kRounding;
}

float scale_to(float largest_code, const float* row, int64_t n) {
  float largest = 0;
  for (int64_t j = 0; j < n; ++j) largest = std::max(largest, std::abs(row[j]));
  return largest / largest_code;
}

float code_of(float x, float scale) { return scale > 0 ? std::round(x / scale) : 0; }

FaceCodes::Bounds around(float product, float query_error, float row_error) {
  const float error = query_error + (1 + query_error) * row_error + kRounding;
  return {product - error, product + error};
}

}  // namespace

FaceCodes::FaceCodes(int64_t dimensions)
    : dimensions_(dimensions), padded_((dimensions + kCodeAlignment - 1) / kCodeAlignment * kCodeAlignment) {
  check(dimensions >= 1 && padded_ <= 65536, "1 <= D <= 65536");
}

void FaceCodes::reserve(int64_t rows) {
  upper_.reserve(static_cast<size_t>(rows * padded_ / 2));
  lower_.reserve(static_cast<size_t>(rows * padded_ / 2));
  rounded_.reserve(static_cast<size_t>(rows));
}

void FaceCodes::add(const float* row) {
  const float scale = scale_to(kLargestCode, row, dimensions_);
  std::vector<int8_t> upper(static_cast<size_t>(padded_)), lower(upper);
  for (int64_t j = 0; j < dimensions_; ++j) {
    const int code = static_cast<int>(code_of(row[j], scale));
    const int high = (code + 8) >> 4;  // rounded down, whatever the sign
    upper[static_cast<size_t>(j)] = static_cast<int8_t>(high);
    lower[static_cast<size_t>(j)] = static_cast<int8_t>(code - 16 * high);
  }
  const auto pack = [&](const std::vector<int8_t>& codes, HugePageVector<uint8_t>& rows) {
    rows.resize(rows.size() + static_cast<size_t>(padded_ / 2));
    pack_codes(codes.data(), padded_, rows.data() + rows.size() - padded_ / 2);
  };
  pack(upper, upper_);
  pack(lower, lower_);
  const auto upper_code = [&](int64_t j) { return 16 * upper[static_cast<size_t>(j)]; };
  rounded_.push_back({.scale = scale,
                      .upper_error = length_of_rest(row, dimensions_, scale, upper_code),
                      .error = length_of_rest(row, dimensions_, scale, [&](int64_t j) {
                        return upper_code(j) + lower[static_cast<size_t>(j)];
                      })});
}

FaceCodes::Query FaceCodes::query_of(const float* row) const {
  Query query{.codes = std::vector<int16_t>(static_cast<size_t>(padded_)),
              .scale = scale_to(kLargestQueryCode, row, dimensions_)};
  for (int64_t j = 0; j < dimensions_; ++j) {
    query.codes[static_cast<size_t>(j)] = static_cast<int16_t>(code_of(row[j], query.scale));
  }
  query.error =
      length_of_rest(row, dimensions_, query.scale, [&](int64_t j) { return query.codes[static_cast<size_t>(j)]; });
  return query;
}

void FaceCodes::bound_by_upper_bits(const Query& query, int64_t begin, int64_t end, Bounds* bounds) const {
  std::array<int32_t, kRowsOfPart> products;
  for (int64_t first = begin; first < end; first += kRowsOfPart) {
    const int64_t rows = std::min(kRowsOfPart, end - first);
    code_products(upper_.data() + first * padded_ / 2, rows, padded_, query.codes.data(), products.data());
    for (int64_t i = 0; i < rows; ++i) {
      const Rounded& rounded = rounded_[static_cast<size_t>(first + i)];
      const float product = query.scale * rounded.scale * 16 * static_cast<float>(products[static_cast<size_t>(i)]);
      bounds[first - begin + i] = around(product, query.error, rounded.upper_error);
    }
  }
}

FaceCodes::Bounds FaceCodes::bounds_of(const Query& query, int64_t row) const {
  int32_t upper = 0, lower = 0;
  code_products(upper_.data() + row * padded_ / 2, 1, padded_, query.codes.data(), &upper);
  code_products(lower_.data() + row * padded_ / 2, 1, padded_, query.codes.data(), &lower);
  const Rounded& rounded = rounded_[static_cast<size_t>(row)];
  const double product = 16.0 * upper + lower;
  return around(query.scale * rounded.scale * static_cast<float>(product), query.error, rounded.error);
}

}  // namespace massface
