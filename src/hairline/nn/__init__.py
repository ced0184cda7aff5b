"""The only place that knows torch: classifier, evidence, segmenter and their training."""
