"""hairline: weakly supervised crack segmentation, from cheap labels to measured masks."""
