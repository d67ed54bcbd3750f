"""The refusals a user meets: one line that names the field, the value and what is allowed."""

from pydantic_core import PydanticCustomError


class VerifuseError(Exception):
    """Base of every error that Verifuse raises on purpose."""


class InputError(VerifuseError, ValueError):
    """Something a user gave cannot be used; the message is one line fit to print as it is.

    Args:
        field: The name of the key, option or file that is wrong, such as ``task.mafr``.
        value: What was given.
        allowed: What would be accepted, in words.
        source: The file that it stands in, if it stands in one.
    """

    def __init__(self, field: str, value: object, allowed: str, source: str = ""):
        self.field = field
        self.value = value
        self.allowed = allowed
        self.source = source
        shown = _shortened(repr(value))
        place = f"{source}: {field}" if source else field
        super().__init__(f"{place}: {shown} is not usable; {allowed}")

    def __reduce__(self):
        """Let the error cross process borders with its parts."""
        return type(self), (self.field, self.value, self.allowed, self.source)

    def within(self, source: str) -> "InputError":
        """Return the same error with the file that the field stands in, unless it names one already."""
        return self if self.source else InputError(self.field, self.value, self.allowed, source)


def _shortened(text: str, longest: int = 80) -> str:
    """Return the text, without its middle where it is too long: a path's telling part is its end."""
    if len(text) <= longest:
        return text
    kept = longest - len("...")
    return text[: kept // 2] + "..." + text[-(kept - kept // 2) :]


def refusal(field: str, value: object, allowed: str) -> PydanticCustomError:
    """Return the error of a rule that spans several keys; ``field`` is relative to the validated table."""
    return PydanticCustomError("refused", "{allowed}", {"field": field, "value": value, "allowed": allowed})
