"""What was measured, in the forms that other programs read: COCO, GeoJSON, GeoPackage."""
