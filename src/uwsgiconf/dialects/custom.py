"""Options that a configuration declares itself: `declare-option = name=option=$1;other=$2`."""


def split(template: str, value: str) -> list[tuple[str, str]]:
    """What a declared option stands for when it is given this value.

    The words of the value replace `$1`, `$2` and so on, in that order, so `$1` also hits the start of `$10`. The first
    part of the template that has no `=` ends it.
    """
    words = value.split(" ") if value else [""]
    arguments = [word for word in words if word] if value else words
    options: list[tuple[str, str]] = []
    for part in filter(None, template.split(";")):
        name, equals, content = part.partition("=")
        if not equals:
            break
        for number, argument in enumerate(arguments, start=1):
            name = name.replace(f"${number}", argument)
            content = content.replace(f"${number}", argument)
        options.append((name, content))
    return options
