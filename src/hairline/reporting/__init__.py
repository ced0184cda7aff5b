"""Reporting: from the results of a comparison to tables, figures and pages."""
