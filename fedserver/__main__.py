"""`python -m fedserver`: the same as the `fedserver` command."""

from fedserver.cli import main

if __name__ == "__main__":
    main()
