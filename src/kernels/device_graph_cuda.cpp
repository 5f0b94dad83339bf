#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "kernels/cuda_hooks.h"
#include "kernels/device_graph.h"

namespace massface::cuda_hooks {
namespace {

class CudaGraph : public DeviceGraph {
 public:
  explicit CudaGraph(c10::DeviceIndex index) : index_(index) {}

  // Records as torch.cuda.graph does. It uses a separate stream, because the default stream cannot be recorded, and
  // thread-local mode, because decoding threads pin memory meanwhile, which the other modes forbid to the whole
  // process.
  void capture(const std::function<void()>& work) override {
    const c10::cuda::CUDAGuard device(index_);
    c10::cuda::device_synchronize();
    const c10::cuda::CUDAStreamGuard stream(c10::cuda::getStreamFromPool(/*isHighPriority=*/false, index_));
    graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      work();
    } catch (...) {
      end_failed_capture();
      throw;
    }
    graph_.capture_end();
  }

  void replay() override {
    const c10::cuda::CUDAGuard device(index_);
    graph_.replay();
  }

 private:
  // Ends the recording mode of the stream. What this throws only repeats the original error.
  void end_failed_capture() {
    try {
      graph_.capture_end();
    } catch (const std::exception&) {
    }
  }

  c10::DeviceIndex index_;
  at::cuda::CUDAGraph graph_;
};

}  // namespace

std::unique_ptr<DeviceGraph> make_graph(int64_t index) {
  return std::make_unique<CudaGraph>(static_cast<c10::DeviceIndex>(index));
}

}  // namespace massface::cuda_hooks
