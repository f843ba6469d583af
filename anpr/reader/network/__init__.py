# SPDX-License-Identifier: AGPL-3.0-or-later
"""Neural networks at run time: model cards, input tensors, ONNX Runtime and OpenVINO."""
