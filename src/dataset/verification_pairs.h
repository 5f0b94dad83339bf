#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace massface {

// Two images, given by their paths below the image folder ("NAME/NAME_0001.jpg"), and whether they show the same
// person.
struct VerificationPair {
  std::string first;
  std::string second;
  bool same = false;
  int64_t fold = 0;  // 0-based
};

struct VerificationPairs {
  std::vector<VerificationPair> pairs;
  int64_t num_folds = 0;
  // Whether this is the complete View 2 of LFW: 10 folds of 300 matched and 300 mismatched pairs. Only then may a
  // result be called LFW.
  bool is_lfw_view2 = false;
};

// Reads LFW's pairs.txt: a header `FOLDS PAIRS` (or `PAIRS`, one fold), then for each fold PAIRS lines `NAME n m` and
// PAIRS lines `NAME1 n NAME2 m`, separated by tabs or spaces (a NAME may contain spaces between tabs); Windows line
// endings are accepted. Also reads lists of paths (dataset/pair_list.h). Throws Error that
// names the file and the line if the header is missing, a line has another form, or there are fewer or more lines than
// the header announces.
VerificationPairs read_verification_pairs(const std::filesystem::path& path);

// "NAME/NAME_0001.jpg", as LFW names the n-th image of a person (from 1).
std::string lfw_image_path(const std::string& person, int64_t number);

}  // namespace massface
