#include "align/five_points.h"

#include <complex>

namespace massface {
namespace {

using Complex = std::complex<double>;

Complex complex_of(Point p) { return {p.x, p.y}; }

Complex mean_of(const FivePoints& points) {
  Complex sum = 0;
  for (const Point& p : points) sum += complex_of(p);
  return sum / static_cast<double>(points.size());
}

}  // namespace

FivePoints template_points(int64_t height, int64_t width) {
  constexpr double kSide = 112;
  constexpr FivePoints kTemplate{
      {{38.2946, 51.6963}, {73.5318, 51.5014}, {56.0252, 71.7366}, {41.5493, 92.3655}, {70.7299, 92.2041}}};
  const double scale = static_cast<double>(height) / kSide;
  const double shift = (static_cast<double>(width) - kSide * scale) / 2;
  FivePoints points = kTemplate;
  for (Point& p : points) p = {p.x * scale + shift, p.y * scale};
  return points;
}

SimilarityTransform estimate_similarity(const FivePoints& from, const FivePoints& to) {
  const Complex from_mean = mean_of(from), to_mean = mean_of(to);
  Complex covariance = 0;
  double variance = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    const Complex centred = complex_of(from[i]) - from_mean;
    covariance += std::conj(centred) * (complex_of(to[i]) - to_mean);
    variance += std::norm(centred);
  }
  if (variance == 0) return {0, 0, to_mean.real(), to_mean.imag()};
  const Complex rotation = covariance / variance;
  const Complex shift = to_mean - rotation * from_mean;
  return {rotation.real(), rotation.imag(), shift.real(), shift.imag()};
}

}  // namespace massface
