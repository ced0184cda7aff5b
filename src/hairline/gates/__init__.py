"""The gates there are: what each asks (``RULES``) and the bounds it asks with (``Options``)."""
