"""The command `combray`, which `python -m combray` is too."""

import sys


def run() -> None:
    """Run the command line; an interrupt while its modules load ends it in silence, too."""
    try:
        from combray.serve.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()
