"""A finished network and anybody's photos: predicting them, writing down what was found."""
