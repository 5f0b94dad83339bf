#include "evaluation/identification.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <unordered_map>

#include "core/error.h"

namespace massface {
namespace {

constexpr int64_t kProbesAtOnce = 256;
constexpr float kNone = -std::numeric_limits<float>::infinity();

// How a mated probe ended.
struct Search {
  int64_t rank;  // of the right subject, from 1
  float cosine;  // of the right subject
};

class Searches {
 public:
  explicit Searches(int64_t subjects) : best_of_subject_(static_cast<size_t>(subjects)) {}

  // products: of the probe with each template. subject: of the probe; -1 if it is not in the gallery.
  void add(const float* products, const std::vector<int64_t>& subject_of_template, int64_t subject) {
    std::ranges::fill(best_of_subject_, kNone);
    for (size_t i = 0; i < subject_of_template.size(); ++i) {
      float& best = best_of_subject_[static_cast<size_t>(subject_of_template[i])];
      best = std::max(best, products[i]);
    }
    if (subject < 0) {
      unmated.push_back(std::ranges::max(best_of_subject_));
      return;
    }
    const float right = best_of_subject_[static_cast<size_t>(subject)];
    // The right subject itself is one of them.
    const auto not_behind = std::ranges::count_if(best_of_subject_, [&](float best) { return best >= right; });
    mated.push_back({not_behind, right});
  }

  std::vector<Search> mated;
  std::vector<float> unmated;  // the cosine of the most similar subject

 private:
  std::vector<float> best_of_subject_;
};

MeasuredRate share_of(const std::vector<Search>& searches, const std::function<bool(const Search&)>& is_right) {
  return wilson_interval(std::ranges::count_if(searches, is_right), std::ssize(searches));
}

IdentificationRow row_at(double fpir, const std::vector<float>& unmated_descending, const std::vector<Search>& mated) {
  IdentificationRow row{.fpir = fpir};
  const auto count = static_cast<double>(unmated_descending.size());
  if (fpir * count < kLeastExpectedFalseMatches - 1e-9) return row;
  // So many may be above: the threshold is that of the next.
  const auto may_be_found = static_cast<size_t>(fpir * count + 1e-9);
  const float threshold = unmated_descending[std::min(may_be_found, unmated_descending.size() - 1)];
  row.threshold_cosine = threshold;
  const auto found = std::ranges::count_if(unmated_descending, [&](float cosine) { return cosine > threshold; });
  row.false_positives = wilson_interval(found, std::ssize(unmated_descending));
  row.true_positives = share_of(mated, [&](const Search& s) { return s.rank == 1 && s.cosine > threshold; });
  return row;
}

}  // namespace

IdentificationResult identify_probes(const Tensor& gallery, const std::vector<std::string>& gallery_subjects,
                                     const Tensor& probes, const std::vector<std::string>& probe_subjects) {
  check(gallery.size(0) == std::ssize(gallery_subjects) && probes.size(0) == std::ssize(probe_subjects),
        "a subject for each row");
  require(gallery.size(0) > 0 && probes.size(0) > 0,
          "the gallery has {} templates and there are {} probes; both are "
          "needed",
          gallery.size(0), probes.size(0));
  std::unordered_map<std::string, int64_t> number_of;
  std::vector<int64_t> subject_of_template;
  for (const std::string& subject : gallery_subjects) {
    require(!subject.empty(), "a template of the gallery has no subject; the list needs the column \"subject\"");
    subject_of_template.push_back(number_of.try_emplace(subject, std::ssize(number_of)).first->second);
  }
  Searches searches(std::ssize(number_of));
  for (int64_t begin = 0; begin < probes.size(0); begin += kProbesAtOnce) {
    const int64_t end = std::min(begin + kProbesAtOnce, probes.size(0));
    const Tensor products = at::mm(probes.slice(0, begin, end), gallery.t()).contiguous();
    for (int64_t i = begin; i < end; ++i) {
      const std::string& subject = probe_subjects[static_cast<size_t>(i)];
      require(!subject.empty(), "a probe has no subject; the list needs the column \"subject\"");
      const auto known = number_of.find(subject);
      searches.add(products.const_data_ptr<float>() + (i - begin) * gallery.size(0), subject_of_template,
                   known == number_of.end() ? -1 : known->second);
    }
  }
  IdentificationResult result{.gallery_templates = gallery.size(0),
                              .gallery_subjects = std::ssize(number_of),
                              .mated = std::ssize(searches.mated),
                              .unmated = std::ssize(searches.unmated)};
  if (result.mated > 0) {
    result.rank_1 = share_of(searches.mated, [](const Search& s) { return s.rank <= 1; });
    result.rank_5 = share_of(searches.mated, [](const Search& s) { return s.rank <= 5; });
  }
  if (result.mated == 0 || result.unmated == 0) return result;
  std::ranges::sort(searches.unmated, std::greater());
  for (const double fpir : {1e-1, 1e-2, 1e-3}) result.rows.push_back(row_at(fpir, searches.unmated, searches.mated));
  return result;
}

}  // namespace massface
