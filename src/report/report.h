#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/report_chart.h"

namespace massface {

// The content of a report. All texts are plain text in any bytes; to_html() escapes them.

// How a picture is framed: as the one in question, as evidence for or against it, or plainly.
enum class ReportMark { kPlain, kInQuestion, kMatch };

struct ReportPicture {
  std::vector<uint8_t> bytes;  // a JPEG or PNG
  int64_t width = 0;           // pixels
  int64_t height = 0;
  std::string alt;  // what a reader who does not see it should know
  std::string caption = {};
  ReportMark mark = ReportMark::kPlain;
};

// A row of pictures under a label.
struct ReportStrip {
  std::string label;
  std::vector<ReportPicture> pictures;
};

// One case, shown by its pictures: a contact sheet.
struct ReportCase {
  std::string heading;
  std::string text;
  std::vector<ReportStrip> strips;
};

struct ReportSection {
  std::string heading;
  std::vector<std::string> paragraphs = {};
  std::vector<ReportTable> tables = {};
  std::vector<ReportChart> charts = {};
  std::vector<ReportCase> cases = {};
  bool small_cases = false;  // whether cases have few pictures, so that several stand side by side
};

struct Report {
  std::string title;
  std::string summary;  // one sentence below the title
  std::vector<ReportSection> sections;
};

// Returns the report as one HTML page that needs neither network nor scripts: the pictures are part of it. It follows
// the reader's choice of a light or dark page, fits narrow screens, can be printed, and can be read with a keyboard and
// by a screen reader: each chart has a description, and its numbers as a table that unfolds.
std::string to_html(const Report& report);

}  // namespace massface
