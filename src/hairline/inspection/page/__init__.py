"""The page of an inspection: photos by severity, a slider over each, tables, how it came about."""
