#include "distributed/processes.h"

#include <ATen/ATen.h>

namespace massface {
namespace {

class Known : public PendingSum {
 public:
  void wait() override {}
};

// The first of `size` processes that are not there.
class LoneProcess : public Processes {
 public:
  explicit LoneProcess(int64_t size) : Processes(0, size) {}
  void sum(const std::vector<Tensor>&) override {}
  std::unique_ptr<PendingSum> start_sum(const Tensor&) override { return std::make_unique<Known>(); }
  Tensor gather(const Tensor& rows) override {
    return size() == 1 ? rows : at::cat(std::vector<Tensor>(count(), rows));
  }
  std::vector<std::string> exchange(const std::string& text) override {
    return std::vector<std::string>(count(), text);
  }
  std::string from_first(const std::string& text) override { return text; }
  bool is_told_by_first(const std::string&) override { return false; }

 private:
  size_t count() const { return static_cast<size_t>(size()); }
};

}  // namespace

void Processes::average(const std::vector<Tensor>& tensors) {
  if (size() == 1) return;
  sum(tensors);
  for (const Tensor& tensor : tensors) tensor.div_(static_cast<double>(size()));
}

std::shared_ptr<Processes> single_process() { return std::make_shared<LoneProcess>(1); }

std::shared_ptr<Processes> imagined_processes(int64_t size) { return std::make_shared<LoneProcess>(size); }

}  // namespace massface
