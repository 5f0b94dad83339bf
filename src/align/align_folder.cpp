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

#include "align/crop_names.h"
#include "align/decide_photograph.h"
#include "align/face_json.h"
#include "align/manifest.h"
#include "align/memory_budget.h"
#include "align/photograph_list.h"
#include "core/error.h"
#include "core/file_lock.h"
#include "core/files.h"
#include "core/log.h"
#include "core/stop_signal.h"
#include "image/encode.h"

namespace massface {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Returns whether the folder is empty, or holds only what a start leaves that was killed while it wrote the manifest.
bool has_not_begun(const fs::path& folder) {
  const fs::path partial = folder / (std::string(kManifestName) + ".partial");
  return std::ranges::all_of(fs::directory_iterator(folder),
                             [&](const fs::directory_entry& entry) { return entry.path() == partial; });
}

class FolderAlignment {
 public:
  FolderAlignment(const AlignmentJob& job, const AlignmentProgress& progress)
      : job_(job),
        progress_(progress),
        ending_(job.options.format == "jpeg" ? ".jpg" : ".png"),
        work_(list_photographs(job.source, job.destination, ending_, job.options.faces == "all")),
        memory_(job.memory_bytes) {
    require(!work_.empty(), "{}: it contains no photographs", printable(job.source.native()));
    create_directories_or_fail(job.destination);
    require_writable_folder(job.destination);
    const std::string name = printable(job.destination.native());
    lock_.emplace(job.destination,
                  fmt::format("another massface align is working in {}; wait for it or stop it", name));
    require(path_exists(job.destination / kManifestName) || has_not_begun(job.destination),
            "{} is not empty and was not made by massface align (it has no {}): its files could be replaced. Name "
            "another folder, or empty it",
            name, kManifestName);
    manifest_ = std::make_unique<AlignmentManifest>(job.destination,
                                                    fmt::format("{}, {}", job.options.fingerprint(), job.faces_from));
    warn_of_replaced();
    warn_of_removed();
  }

  Alignment run() {
    for (const ListedPhotograph& work : work_) counts_.done_before += is_done(work) ? 1 : 0;
    done_ = counts_.done_before;
    if (done_ < std::ssize(work_) && !manifest_->lines().empty()) remove_outdated_crops();
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
      at::set_num_threads(1);  // one photograph per thread
      PhotographDecider decider(job_.detector, job_.options, memory_);
      for (size_t i = next_++; i < work_.size(); i = next_++) {
        if (stop_was_asked_for()) throw Interrupted();
        {
          const std::lock_guard lock(mutex_);
          if (error_) return;
          if (is_done(work_[i])) continue;
        }
        Json line = align(decider, work_[i]);
        const std::lock_guard lock(mutex_);
        manifest_->add(std::move(line));
        if (progress_) progress_(++done_, static_cast<int64_t>(work_.size()));
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
    }
  }

  // The file of the photograph's i-th face, below the destination.
  std::string crop_file(const ListedPhotograph& work, size_t i) const { return crop_stem(work.stem, i) + ending_; }

  // The crops that the photograph's line lists; the photograph must have a line. The names are made anew, because the
  // line holds them in printable form.
  std::vector<fs::path> crops_of(const ListedPhotograph& work) const {
    std::vector<fs::path> files;
    const Json& line = manifest_->lines().at(work.name);
    const size_t faces = line.contains("faces") ? line["faces"].size() : 0;
    for (size_t i = 0; i < faces; ++i) files.push_back(job_.destination / crop_file(work, i));
    return files;
  }

  // The files may have changed, or be those of another source, whose crops go where the others' were.
  void warn_of_replaced() const {
    const auto replaced = std::ranges::count_if(work_, [&](const ListedPhotograph& work) {
      if (!manifest_->has(work.name)) return false;
      const Json& line = manifest_->lines().at(work.name);
      return line.value("bytes", Json()) != work.bytes || line.value("modified_ns", Json()) != work.modified_ns;
    });
    if (replaced == 0) return;
    log_warning(
        "{} photographs of {} are other files than those of the same name that an earlier run aligned; their crops in "
        "{} are replaced",
        replaced, printable(job_.source.native()), printable(job_.destination.native()));
  }

  void warn_of_removed() const {
    std::set<std::string> listed;
    for (const ListedPhotograph& work : work_) listed.insert(work.name);
    const auto removed =
        std::ranges::count_if(manifest_->lines(), [&](const auto& line) { return !listed.contains(line.first); });
    if (removed == 0) return;
    log_warning("{} photographs of an earlier run are no longer in {}; their lines and crops in {} remain", removed,
                printable(job_.source.native()), printable(job_.destination.native()));
  }

  // Returns false if the photograph has no line, is no longer the file that its line describes, or lacks a crop.
  bool is_done(const ListedPhotograph& work) const {
    std::error_code error;
    if (!manifest_->has(work.name)) return false;
    const Json& line = manifest_->lines().at(work.name);
    if (line["decision"] == decision::kTooLarge) return false;  // there may be more memory now
    return line.value("bytes", Json()) == work.bytes && line.value("modified_ns", Json()) == work.modified_ns &&
           std::ranges::all_of(crops_of(work), [&](const fs::path& file) { return fs::exists(file, error); });
  }

  // Removes the crops of photographs that will be aligned anew: they may get fewer crops now, or other names. A crop
  // that is valid under its name remains.
  void remove_outdated_crops() const {
    std::set<fs::path> valid;
    for (const ListedPhotograph& work : work_) {
      if (is_done(work)) std::ranges::move(crops_of(work), std::inserter(valid, valid.end()));
    }
    for (const ListedPhotograph& work : work_) {
      if (!manifest_->has(work.name) || is_done(work)) continue;
      for (const Json& face : manifest_->lines().at(work.name).value("faces", Json::array())) {
        const fs::path file = fs::path(face["file"].get<std::string>()).lexically_normal();
        const bool is_ours =
            !file.empty() && file.is_relative() && *file.begin() != ".." && file.extension() == ending_;
        std::error_code kept;  // aligning will replace it, or name the fault
        if (is_ours && !valid.contains(job_.destination / file)) fs::remove(job_.destination / file, kept);
      }
    }
  }

  // Faults of the photograph are recorded in its line; a crop that cannot be written ends the run.
  Json align(PhotographDecider& decider, const ListedPhotograph& work) const {
    Json line{{"source", work.name}, {"bytes", work.bytes}, {"modified_ns", work.modified_ns}};
    const FivePoints* given = nullptr;
    if (job_.landmarks != nullptr) {
      const auto found = job_.landmarks->find(work.source);
      if (found == job_.landmarks->end()) {
        line["decision"] = decision::kNoLandmarks;
        return line;
      }
      given = &found->second;
    }
    const DecidedPhotograph decided = decider.decide(job_.source / work.source, work.bytes, given);
    line["decision"] = decided.decision;
    if (!decided.reason.empty()) line["reason"] = decided.reason;
    if (decided.photograph) write_crops(*decided.photograph, work, line);
    return line;
  }

  void write_crops(const AlignedPhotograph& photograph, const ListedPhotograph& work, Json& line) const {
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
      Json listed{{"file", printable(file)}};
      listed.update(face_json(aligned.face));
      line["faces"].push_back(std::move(listed));
    }
  }

  // Includes the crops of lines that an earlier run wrote.
  std::vector<fs::path> crops() const {
    std::vector<fs::path> files;
    for (const ListedPhotograph& work : work_) std::ranges::move(crops_of(work), std::back_inserter(files));
    return files;
  }

  void count() {
    counts_.photographs = static_cast<int64_t>(work_.size());
    for (const ListedPhotograph& work : work_) {
      const Json& line = manifest_->lines().at(work.name);
      const std::string what = line.value("decision", "");
      counts_.aligned += what == decision::kAligned ? 1 : 0;
      counts_.no_face += what == decision::kNoFace ? 1 : 0;
      counts_.too_small += what == decision::kTooSmall ? 1 : 0;
      counts_.too_large += what == decision::kTooLarge ? 1 : 0;
      counts_.truncated += what == decision::kTruncated ? 1 : 0;
      counts_.no_landmarks += what == decision::kNoLandmarks ? 1 : 0;
      counts_.bad_landmarks += what == decision::kBadLandmarks ? 1 : 0;
      counts_.bad_images += what == decision::kBadImage ? 1 : 0;
      if (what != decision::kAligned) continue;
      counts_.several_faces += line.value("faces_found", 0) > 1 ? 1 : 0;
    }
  }

  const AlignmentJob& job_;
  const AlignmentProgress& progress_;
  std::string ending_;  // of the crops
  std::vector<ListedPhotograph> work_;
  MemoryBudget memory_;
  std::optional<FileLock> lock_;  // on the destination
  std::unique_ptr<AlignmentManifest> manifest_;
  AlignmentCounts counts_;
  std::atomic<size_t> next_{0};
  std::mutex mutex_;  // guards the manifest and the members below
  int64_t done_ = 0;
  std::exception_ptr error_;
};

}  // namespace

Alignment align_folder(const AlignmentJob& job, const AlignmentProgress& progress) {
  require(is_folder(job.source), "{}: no such folder of photographs", printable(job.source.native()));
  require_apart(job.source, job.destination);
  job.options.height_and_width();  // throws if invalid, as does fill_color()
  job.options.fill_color();
  return FolderAlignment(job, progress).run();
}

}  // namespace massface
