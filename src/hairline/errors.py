"""The one exception for a user's mistake: what was found, where, what was expected, what to do."""


class HairlineError(Exception):
    """A mistake in the data, the parameters or the command line, told in one readable message.

    Stages and the command line print the message without a traceback and exit with status 1.
    """
