"""Version of this software, written into `--version`, the landing page and `processing:software`."""

__version__ = "0.1.0"
