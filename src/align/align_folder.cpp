#include "align/align_folder.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "align/manifest.h"
#include "core/error.h"
#include "core/files.h"
#include "core/stop_signal.h"
#include "image/decode.h"
#include "image/encode.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// A photograph and where its crops go, both below their folders.
struct Work {
  std::string source;
  std::string stem;  // of the crops: without an ending
};

// Hidden files (and what hides in hidden folders) are no photographs of anybody's.
std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::follow_directory_symlink, error);
  require(!error, "{}: {}", printable(folder.native()), error.message());
  for (; entries != fs::recursive_directory_iterator(); entries.increment(error)) {
    require(!error, "{}: {}", printable(folder.native()), error.message());
    const bool hidden = entries->path().filename().native().starts_with('.');
    if (hidden && entries->is_directory()) entries.disable_recursion_pending();
    if (hidden || !entries->is_regular_file(error)) continue;
    files.push_back(entries->path().lexically_relative(folder).native());
  }
  std::ranges::sort(files);
  return files;
}

// Two photographs that differ in their ending alone would share a crop: the later keeps its ending in the crop's name.
std::vector<Work> work_of(const std::vector<std::string>& files) {
  std::vector<Work> list;
  std::set<std::string> taken;
  for (const std::string& file : files) {
    std::string stem = fs::path(file).replace_extension().native();
    if (!taken.insert(stem).second) stem = file;
    taken.insert(stem);
    list.push_back({file, stem});
  }
  return list;
}

// In steps of 1 / steps: more digits would say nothing.
double rounded(double value, double steps = 100) { return std::round(value * steps) / steps; }

Json numbers(const FivePoints& points) {
  Json list = Json::array();
  for (const Point& p : points) list.push_back({rounded(p.x), rounded(p.y)});
  return list;
}

class FolderAlignment {
 public:
  FolderAlignment(const AlignmentJob& job, const AlignmentProgress& progress)
      : job_(job), progress_(progress), work_(work_of(files_below(job.source))) {
    require(!work_.empty(), "{}: no photographs in it", printable(job.source.native()));
    create_directories_or_fail(job.destination);
    require_writable_folder(job.destination);
    const std::string by = job.landmarks == nullptr ? "" : ", landmarks given";
    manifest_ = std::make_unique<AlignmentManifest>(job.destination, job.options.fingerprint() + by);
  }

  Alignment run() {
    for (const Work& work : work_) counts_.done_before += is_done(work) ? 1 : 0;
    done_ = counts_.done_before;
    std::vector<std::thread> threads;
    for (int64_t i = 0; i < job_.threads; ++i) threads.emplace_back([this] { take_work(); });
    for (std::thread& thread : threads) thread.join();
    if (error_) std::rethrow_exception(error_);
    manifest_->sort();
    count();
    Alignment alignment{counts_, crops()};
    alignment.counts.crops = std::ssize(alignment.crops);
    return alignment;
  }

 private:
  void take_work() {
    try {
      at::set_num_threads(1);  // a photograph a thread
      PhotographAligner aligner(job_.detector, job_.options);
      for (size_t i = next_++; i < work_.size(); i = next_++) {
        if (stop_was_asked_for()) throw Interrupted();
        const std::string name = printable(work_[i].source);
        {
          const std::lock_guard lock(mutex_);
          if (error_) return;
          if (is_done(work_[i])) continue;
        }
        Json line = align(aligner, work_[i], name);
        const std::lock_guard lock(mutex_);
        manifest_->add(std::move(line));
        if (progress_) progress_(++done_, static_cast<int64_t>(work_.size()));
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
    }
  }

  // Of the photograph's i-th face, below the destination.
  std::string crop_file(const Work& work, size_t i) const {
    return work.stem + (i == 0 ? "" : fmt::format("_face{}", i + 1)) +
           (job_.options.format == "jpeg" ? ".jpg" : ".png");
  }

  // By the line of its photograph, where there is one. The names are made anew: the line has them printable.
  std::vector<fs::path> crops_of(const Work& work) const {
    std::vector<fs::path> files;
    const Json& line = manifest_->lines().at(printable(work.source));
    const size_t faces = line.contains("faces") ? line["faces"].size() : 0;
    for (size_t i = 0; i < faces; ++i) files.push_back(job_.destination / crop_file(work, i));
    return files;
  }

  // Crops that somebody removed are made again.
  bool is_done(const Work& work) const {
    std::error_code error;
    return manifest_->has(printable(work.source)) &&
           std::ranges::all_of(crops_of(work), [&](const fs::path& file) { return fs::exists(file, error); });
  }

  // Only what is wrong with the photograph is its line's matter: a crop that cannot be written ends the run.
  Json align(PhotographAligner& aligner, const Work& work, const std::string& name) const {
    Json line{{"source", name}};
    std::optional<AlignedPhotograph> photograph;
    const auto refuse = [&line](const char* decision, const Error& bad) {
      line["decision"] = decision;
      line["reason"] = bad.what();
    };
    try {
      photograph = look_at(aligner, work);
      if (!photograph) line["decision"] = decision::kNoLandmarks;
    } catch (const TruncatedImage& bad) {
      refuse(decision::kTruncated, bad);
    } catch (const Error& bad) {  // also a file that cannot be read
      refuse(decision::kBadImage, bad);
    }
    if (photograph) write_crops(*photograph, work, line);
    return line;
  }

  // Nothing where landmarks are given, but none for this photograph. Throws Error.
  std::optional<AlignedPhotograph> look_at(PhotographAligner& aligner, const Work& work) const {
    const auto bytes = read_file(job_.source / work.source);
    if (job_.landmarks == nullptr) return aligner.align(bytes);
    const auto given = job_.landmarks->find(work.source);
    if (given == job_.landmarks->end()) return std::nullopt;
    return aligner.align_given(bytes, given->second);
  }

  void write_crops(const AlignedPhotograph& photograph, const Work& work, Json& line) const {
    line["decision"] = photograph.too_small       ? decision::kTooSmall
                       : photograph.faces.empty() ? decision::kNoFace
                                                  : decision::kAligned;
    line["height"] = photograph.height;
    line["width"] = photograph.width;
    line["faces_found"] = photograph.faces_found;
    if (photograph.faces.empty()) return;
    line["faces"] = Json::array();
    for (size_t i = 0; i < photograph.faces.size(); ++i) {
      const AlignedFace& aligned = photograph.faces[i];
      const bool jpeg = job_.options.format == "jpeg";
      const std::string file = crop_file(work, i);
      const fs::path path = job_.destination / file;
      create_directories_or_fail(path.parent_path());
      write_file_atomically(
          path, jpeg ? encode_jpeg(aligned.crop, static_cast<int>(job_.options.quality)) : encode_png(aligned.crop));
      const FaceBox& box = aligned.face.box;
      line["faces"].push_back({{"file", printable(file)},
                               {"box", {rounded(box.left), rounded(box.top), rounded(box.right), rounded(box.bottom)}},
                               {"landmarks", numbers(aligned.face.landmarks)},
                               {"score", rounded(aligned.face.score, 1e4)}});
    }
  }

  // Of lines that an earlier run wrote, too.
  std::vector<fs::path> crops() const {
    std::vector<fs::path> files;
    for (const Work& work : work_) std::ranges::move(crops_of(work), std::back_inserter(files));
    return files;
  }

  void count() {
    counts_.photographs = static_cast<int64_t>(work_.size());
    for (const Work& work : work_) {
      const Json& line = manifest_->lines().at(printable(work.source));
      const std::string what = line.value("decision", "");
      counts_.aligned += what == decision::kAligned ? 1 : 0;
      counts_.no_face += what == decision::kNoFace ? 1 : 0;
      counts_.too_small += what == decision::kTooSmall ? 1 : 0;
      counts_.truncated += what == decision::kTruncated ? 1 : 0;
      counts_.no_landmarks += what == decision::kNoLandmarks ? 1 : 0;
      counts_.bad_images += what == decision::kBadImage ? 1 : 0;
      if (what != decision::kAligned) continue;
      counts_.several_faces += line.value("faces_found", 0) > 1 ? 1 : 0;
    }
  }

  const AlignmentJob& job_;
  const AlignmentProgress& progress_;
  std::vector<Work> work_;
  std::unique_ptr<AlignmentManifest> manifest_;
  AlignmentCounts counts_;
  std::atomic<size_t> next_{0};
  std::mutex mutex_;  // of the manifest and of what follows
  int64_t done_ = 0;
  std::exception_ptr error_;
};

void require_apart(const AlignmentJob& job) {
  const auto relative = absolute_path(job.destination).lexically_relative(absolute_path(job.source));
  require(
      relative.empty() || *relative.begin() == "..",
      "the destination {} lies within the source {}: its crops would be taken for photographs. Name a folder beside "
      "it",
      printable(job.destination.native()), printable(job.source.native()));
}

}  // namespace

Alignment align_folder(const AlignmentJob& job, const AlignmentProgress& progress) {
  require(fs::is_directory(job.source), "{}: no such folder of photographs", printable(job.source.native()));
  require_apart(job);
  job.options.height_and_width();  // refuses what is none
  job.options.fill_color();
  return FolderAlignment(job, progress).run();
}

}  // namespace massface
