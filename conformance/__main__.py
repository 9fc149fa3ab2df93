"""`python -m conformance`: the same as `wsbeat`."""

from .cli import main

if __name__ == "__main__":
    main()
