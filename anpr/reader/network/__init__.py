"""Neural networks at run time: model cards, input tensors, ONNX Runtime and OpenVINO."""
