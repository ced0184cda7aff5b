"""Pictures for pages and files."""
