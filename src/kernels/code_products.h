#pragma once

#include <cstdint>

// Products of rows of 4-bit codes with a query, with the vector instructions of this processor. Reading the rows from
// memory is all that such a product costs, and a row takes an eighth of its float32 numbers.
namespace massface {

// Codes per row are a multiple of this; rows are padded with zeros.
constexpr int64_t kCodeAlignment = 128;
constexpr int64_t kWordsOfCodes = kCodeAlignment / 4;  // 16-bit words that hold them
constexpr int kCodeBias = 8;                           // is added to a code, so that its four bits are not signed

// Packs n codes of -8 to 7 into n / 2 bytes. Of each 128 codes, number 32 t + i is bits 4 t to 4 t + 3 of the i-th of
// 32 little-endian 16-bit words, and is kept as code + kCodeBias: four masks of a vector of words are then four vectors
// of codes in their order. n: a multiple of kCodeAlignment.
void pack_codes(const int8_t* codes, int64_t n, uint8_t* packed);

// products[i] = the sum over j of query[j] (code j of row i + kCodeBias), for 0 <= i < rows; exact. The bias adds the
// same to all products, which the caller takes off once for a query instead of for each row. packed: [rows, n / 2]. n:
// a multiple of kCodeAlignment, at most 65,536. query: [n], -2047 to 2047.
void code_products(const uint8_t* packed, int64_t rows, int64_t n, const int16_t* query, int32_t* products);

// The reference twin.
void code_products_reference(const uint8_t* packed, int64_t rows, int64_t n, const int16_t* query, int32_t* products);

}  // namespace massface
