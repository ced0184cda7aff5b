"""The judge for everybody: any predictions against any masks, without an experiment (`hairline score`)."""
