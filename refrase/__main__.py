"""`python -m refrase` is `refrase`."""

from refrase.cli.main import main

main()
