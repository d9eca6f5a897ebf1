"""What can go wrong, in sentences that a page or a command line can show as they are."""


class InsectsError(Exception):
    """Base of all errors of this package; its text says what was expected and what came."""


class PhotoError(InsectsError):
    """The bytes are not a photo that can be explained."""


class DatasetError(InsectsError):
    """A dataset is missing, incomplete or not of the expected form."""


class RunError(InsectsError):
    """A run directory is missing, unfinished or does not fit what was asked of it."""


class SettingsError(InsectsError, ValueError):
    """An argument is outside what the function accepts."""


class StoppedError(InsectsError):
    """Somebody asked the work to stop before it was done."""
