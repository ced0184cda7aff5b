"""Segmenters as single ONNX files, which onnxruntime runs without torch."""
