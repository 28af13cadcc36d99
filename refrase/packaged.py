"""Where the files that travel with the package lie: in a wheel under _data, in a checkout at the top."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def packaged_path(name: str) -> Path:
    """Return the folder *name* (guides, migrations), installed or in the checkout."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name
