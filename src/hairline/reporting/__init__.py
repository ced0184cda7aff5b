"""Show what was computed: pages, tables and figures. Nothing that computes a number imports this package."""
