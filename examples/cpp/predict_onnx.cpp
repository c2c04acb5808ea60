// Metres of a picture by an exported model, with ONNX Runtime's C++ header and library alone.
//
//     g++ -std=c++17 -O2 predict_onnx.cpp -I$ORT/include -L$ORT/lib -lonnxruntime -Wl,-rpath,$ORT/lib -o predict_onnx
//     ./predict_onnx MODEL.onnx HEIGHT WIDTH < picture.rgb > depth.f32
//
// picture.rgb: HEIGHT * WIDTH * 3 bytes RGB, after the pipeline that the model file names; depth.f32: HEIGHT * WIDTH
// float32 m. For a model of --input-type uint8 that takes no focal length.
#include <onnxruntime_cxx_api.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: %s MODEL.onnx HEIGHT WIDTH < picture.rgb > depth.f32\n", argv[0]), 2;
  try {
    const int64_t height = std::atoll(argv[2]), width = std::atoll(argv[3]);
    if (height < 1 || width < 1) return std::fprintf(stderr, "HEIGHT and WIDTH must be positive\n"), 2;
    std::vector<uint8_t> picture(static_cast<size_t>(height * width * 3));
    if (std::fread(picture.data(), 1, picture.size(), stdin) != picture.size())
      return std::fprintf(stderr, "expected %zu bytes of RGB\n", picture.size()), 2;

    Ort::Env env(ORT_LOGGING_LEVEL_WARNING, "mmdepthcls");
    Ort::Session session(env, argv[1], Ort::SessionOptions{});
    const int64_t shape[] = {1, height, width, 3};
    auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    auto image = Ort::Value::CreateTensor<uint8_t>(memory, picture.data(), picture.size(), shape, 4);
    const char* inputs[] = {"image"};
    const char* outputs[] = {"depth"};
    auto results = session.Run(Ort::RunOptions{nullptr}, inputs, &image, 1, outputs, 1);

    const size_t count = results[0].GetTensorTypeAndShapeInfo().GetElementCount();
    std::fwrite(results[0].GetTensorData<float>(), sizeof(float), count, stdout);
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 1;
  }
}
