#pragma once

#include <string>
#include <vector>

#include "evaluation/evaluation_record.h"
#include "report/report_chart.h"

namespace massface {

// Charts of the evaluations of one or several networks on one set, each a series of its own colour. Figures without a
// value (a set of one kind of pairs) are left out; a chart without any has no series.

// The accuracy of each fold, with Wilson's interval.
ReportChart fold_chart(const std::vector<const EvaluationRecord*>& records);
// The false non-match rate over the false match rate, both on logarithmic axes ("The DET Curve in Assessment of
// Detection Task Performance", Eurospeech 1997), and the true accept rate over the logarithmic false accept rate; both
// in a band of Wilson's intervals.
ReportChart det_chart(const std::vector<const EvaluationRecord*>& records);
ReportChart roc_chart(const std::vector<const EvaluationRecord*>& records);
// How often each similarity occurs among the matched and among the mismatched pairs.
ReportChart score_chart(const EvaluationRecord& record);

// "98.77 %", or "-" for a rate that is not known.
std::string percent_text(double rate);
// "1.23 % (0.98 to 1.54)"
std::string percent_text(const MeasuredRate& rate);

}  // namespace massface
