"""Metrics: from score maps and masks to counts, from counts to ODS, OIS, AP and intervals."""
