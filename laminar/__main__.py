"""Run the command line as ``python -m laminar``."""

from laminar.cli import main

if __name__ == "__main__":
    main()
