#include "distributed/processes.h"

#include <ATen/core/TensorBody.h>

namespace massface {
namespace {

class Known : public PendingSum {
 public:
  void wait() override {}
};

class SingleProcess : public Processes {
 public:
  SingleProcess() : Processes(0, 1) {}
  void sum(const std::vector<Tensor>&) override {}
  std::unique_ptr<PendingSum> start_sum(const Tensor&) override { return std::make_unique<Known>(); }
  Tensor gather(const Tensor& rows) override { return rows; }
  std::vector<std::string> exchange(const std::string& text) override { return {text}; }
  std::string from_first(const std::string& text) override { return text; }
  bool is_told_by_first(const std::string&) override { return false; }
};

}  // namespace

void Processes::average(const std::vector<Tensor>& tensors) {
  if (size() == 1) return;
  sum(tensors);
  for (const Tensor& tensor : tensors) tensor.div_(static_cast<double>(size()));
}

std::shared_ptr<Processes> single_process() { return std::make_shared<SingleProcess>(); }

}  // namespace massface
