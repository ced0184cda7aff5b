"""Where networks run and what they start from: device, precision, recipes, weights."""
