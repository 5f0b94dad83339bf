#pragma once

#include <cstdint>
#include <vector>

#include "core/huge_pages.h"

namespace massface {

// Unit rows, each rounded to 8 bits: row i is nearly scale(i) times its codes. How far it is from them is known, which
// bounds every product with it. The upper four bits of all codes lie together, apart from the lower four: they alone
// bound a product less tightly, for half of the memory traffic, which is all that a scan costs.
class FaceCodes {
 public:
  // dimensions: D, at most 65,536.
  explicit FaceCodes(int64_t dimensions);

  void reserve(int64_t rows);
  // row: float32 [D], of unit length.
  void add(const float* row);

  int64_t size() const { return static_cast<int64_t>(scales_.size()); }
  int64_t dimensions() const { return dimensions_; }

  // A query, rounded in the same way, to 12 bits.
  struct Query {
    std::vector<int16_t> codes;
    float scale = 0, error = 0;
    int32_t bias = 0;  // what the bias of a row's codes adds to its products
  };
  Query query_of(const float* row) const;

  // An interval that holds the product of the query with a row of unit length.
  struct Bounds {
    float low, high;
  };

  // The products of the codes' upper, and of their lower bits, of the rows begin <= i < end, from products[0] on. They
  // run on the calling thread.
  void upper_products(const Query& query, int64_t begin, int64_t end, int32_t* products) const {
    products_with(upper_, query, begin, end, products);
  }
  void lower_products(const Query& query, int64_t begin, int64_t end, int32_t* products) const {
    products_with(lower_, query, begin, end, products);
  }

  // high[i]: what the product of row begin + i is at most, from that of its upper bits.
  void upper_limits(const Query& query, int64_t begin, int64_t end, const int32_t* products, float* high) const;

  // The bounds of a row from the products of its upper and of its lower bits. With the query q = s c + e and the row r
  // = s' c' + e', |q r - s s' c c'| <= |e| |r| + |s c| |e'| <= |e| + (1 + |e|) |e'|.
  Bounds bounds_of(const Query& query, int64_t row, int32_t upper_product, int32_t lower_product) const;

 private:
  void products_with(const HugePageVector<uint8_t>& codes, const Query& query, int64_t begin, int64_t end,
                     int32_t* products) const;

  int64_t dimensions_, padded_;
  HugePageVector<uint8_t> upper_, lower_;  // [size(), padded_ / 2] (kernels/code_products.h)
  // [size()] each: of a code (16 times this of its upper bits); how far a row is from what its upper bits say, and from
  // what all of them say.
  HugePageVector<float> scales_, upper_errors_, errors_;
};

}  // namespace massface
