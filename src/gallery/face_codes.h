#pragma once

#include <cstdint>
#include <vector>

namespace massface {

// Unit rows, each rounded to 8 bits: row i is nearly scale(i) times its codes. How far it is from them is known, which
// bounds every product with it.
class FaceCodes {
 public:
  // dimensions: D, at most 65,536.
  explicit FaceCodes(int64_t dimensions);

  void reserve(int64_t rows);
  // row: float32 [D], of unit length.
  void add(const float* row);

  int64_t size() const { return static_cast<int64_t>(scales_.size()); }
  int64_t dimensions() const { return dimensions_; }

  // A query, rounded in the same way.
  struct Query {
    std::vector<int16_t> codes;
    float scale = 0, error = 0;
  };
  Query query_of(const float* row) const;

  // An interval that holds the product of the query with a row of unit length.
  struct Bounds {
    float low, high;
  };

  // bounds[i - begin]: of the rows begin <= i < end. With the query q = s c + e and the row r = s' c' + e',
  // |q r - s s' c c'| <= |e| |r| + |s c| |e'| <= |e| + (1 + |e|) |e'|. Runs on the calling thread.
  void bound_products(const Query& query, int64_t begin, int64_t end, Bounds* bounds) const;

 private:
  struct Rounded {
    float scale, error;
  };
  // Writes the codes of a row; T: of their type.
  template <typename T>
  Rounded round(const float* row, T* codes) const;

  int64_t dimensions_, padded_;
  std::vector<int8_t> codes_;  // [size(), padded_]
  std::vector<float> scales_, errors_;
};

}  // namespace massface
