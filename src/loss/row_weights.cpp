#include "loss/row_weights.h"

#include "loss/row_weigher.h"

namespace massface {

TripletStatistics RowWeights::weigh(const PoolRow& row, float* weights) const {
  TripletStatistics statistics;
  with_selector(strategy_, [&](auto selector) {
    statistics = weigh_row(selector, row, rule_, soft_margin_, many_positives_, weights);
  });
  return statistics;
}

}  // namespace massface
