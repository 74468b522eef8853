"""`python -m fedserver`: the same as the `fedserver` command."""

from fedserver.cli.commands import main

if __name__ == "__main__":
    main()
