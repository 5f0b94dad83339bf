#include "cleaning/person_centres.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "cleaning/vectors.h"
#include "core/error.h"
#include "core/random.h"
#include "kernels/share_rows.h"

namespace massface {
namespace {

constexpr int64_t kPeopleAtOnce = 16;
constexpr int kMostConcentrationSteps = 10;

// Returns the row that is most similar to all rows of the person together.
int64_t medoid_of(const LabelledEmbeddings& set, int64_t person) {
  const int64_t begin = set.first_row(person), end = set.first_row(person + 1);
  RowSum all(set.dimensions());
  for (int64_t row = begin; row < end; ++row) all.add(set.row(row));
  int64_t best = begin;
  double most = -std::numeric_limits<double>::infinity();
  for (int64_t row = begin; row < end; ++row) {
    const double similarity = all.dot(set.row(row));
    if (similarity <= most) continue;
    most = similarity;
    best = row;
  }
  return best;
}

// Returns the `count` rows of the person that are nearest to the centre, ascending.
std::vector<int64_t> nearest_rows(const LabelledEmbeddings& set, int64_t person, const float* centre, int64_t count) {
  std::vector<std::pair<double, int64_t>> rows;
  for (int64_t row = set.first_row(person); row < set.first_row(person + 1); ++row) {
    rows.emplace_back(-cosine(set.row(row), centre, set.dimensions()), row);
  }
  std::ranges::sort(rows);
  std::vector<int64_t> nearest;
  for (int64_t i = 0; i < count; ++i) nearest.push_back(rows[static_cast<size_t>(i)].second);
  std::ranges::sort(nearest);
  return nearest;
}

std::vector<int64_t> core_of(const LabelledEmbeddings& set, int64_t person) {
  const int64_t size = set.rows_of(person), count = size / 2 + 1;
  if (size <= 2) {
    std::vector<int64_t> all(static_cast<size_t>(size));
    std::iota(all.begin(), all.end(), set.first_row(person));
    return all;
  }
  std::vector<int64_t> core = nearest_rows(set, person, set.row(medoid_of(set, person)), count);
  for (int step = 0; step < kMostConcentrationSteps; ++step) {
    RowSum sum(set.dimensions());
    for (const int64_t row : core) sum.add(set.row(row));
    auto next = nearest_rows(set, person, sum.unit().data(), count);
    if (next == core) break;
    core = std::move(next);
  }
  return core;
}

void set_person(const LabelledEmbeddings& set, int64_t person, PersonCentres& result) {
  RowSum sum(set.dimensions());
  const int64_t begin = set.first_row(person), end = set.first_row(person + 1);
  for (int64_t row = begin; row < end; ++row) {
    if (result.is_member[static_cast<size_t>(row)]) sum.add(set.row(row));
  }
  result.members[static_cast<size_t>(person)] = sum.count();
  const double squared_length = sum.squared_length();
  std::ranges::copy(sum.unit(), result.centres.mutable_data_ptr<float>() + person * set.dimensions());
  for (int64_t row = begin; row < end; ++row) {
    const auto at = static_cast<size_t>(row);
    result.similarity[at] =
        static_cast<float>(cosine_to_others(sum, squared_length, set.row(row), result.is_member[at]));
  }
}

}  // namespace

std::vector<bool> core_members(const LabelledEmbeddings& set) {
  std::vector<std::vector<int64_t>> cores(static_cast<size_t>(set.people()));
  share_rows(set.people(), kPeopleAtOnce, [&](int64_t begin, int64_t end) {
    for (int64_t person = begin; person < end; ++person) cores[static_cast<size_t>(person)] = core_of(set, person);
  });
  std::vector<bool> is_member(static_cast<size_t>(set.rows()));
  for (const auto& core : cores) {
    for (const int64_t row : core) is_member[static_cast<size_t>(row)] = true;
  }
  return is_member;
}

std::vector<bool> members_above(const LabelledEmbeddings& set, const PersonCentres& cores, double threshold) {
  std::vector<bool> is_member(static_cast<size_t>(set.rows()));
  for (int64_t person = 0; person < set.people(); ++person) {
    std::vector<size_t> members;
    for (int64_t row = set.first_row(person); row < set.first_row(person + 1); ++row) {
      const auto at = static_cast<size_t>(row);
      if (set.rows_of(person) == 1 || static_cast<double>(cores.similarity[at]) >= threshold) members.push_back(at);
    }
    if (set.rows_of(person) > 1 && members.size() < 2) continue;
    for (const size_t row : members) is_member[row] = true;
  }
  return is_member;
}

PersonCentres centres_of_members(const LabelledEmbeddings& set, std::vector<bool> is_member) {
  check(std::ssize(is_member) == set.rows(), "every row is a member or not");
  PersonCentres result{.centres = at::zeros({set.people(), set.dimensions()}),
                       .members = std::vector<int64_t>(static_cast<size_t>(set.people())),
                       .is_member = std::move(is_member),
                       .similarity = std::vector<float>(static_cast<size_t>(set.rows()))};
  share_rows(set.people(), kPeopleAtOnce, [&](int64_t begin, int64_t end) {
    for (int64_t person = begin; person < end; ++person) set_person(set, person, result);
  });
  return result;
}

std::vector<float> stranger_similarities(const LabelledEmbeddings& set, const PersonCentres& centres, uint64_t seed) {
  std::vector<int64_t> people;
  for (int64_t person = 0; person < set.people(); ++person) {
    if (centres.has_centre(person)) people.push_back(person);
  }
  check(people.size() >= 2, "strangers are drawn from at least two people");
  std::vector<float> similarities;
  for (int64_t row = 0; row < set.rows(); ++row) {
    Random random(seed, RandomStream::kStrangerChoice, static_cast<uint64_t>(row));
    size_t drawn = random.below(people.size());
    if (people[drawn] == set.person_of(row)) drawn = (drawn + 1) % people.size();
    const float* centre = centres.centres.const_data_ptr<float>() + people[drawn] * set.dimensions();
    similarities.push_back(static_cast<float>(cosine(set.row(row), centre, set.dimensions())));
  }
  return similarities;
}

std::vector<float> half_similarities(const LabelledEmbeddings& set, const PersonCentres& centres) {
  std::vector<float> similarities;
  for (int64_t person = 0; person < set.people(); ++person) {
    RowSum halves[2] = {RowSum(set.dimensions()), RowSum(set.dimensions())};
    for (int64_t row = set.first_row(person); row < set.first_row(person + 1); ++row) {
      if (!centres.is_member[static_cast<size_t>(row)]) continue;
      halves[halves[0].count() > halves[1].count()].add(set.row(row));
    }
    if (halves[1].count() < 2) continue;
    similarities.push_back(
        static_cast<float>(cosine(halves[0].unit().data(), halves[1].unit().data(), set.dimensions())));
  }
  return similarities;
}

}  // namespace massface
