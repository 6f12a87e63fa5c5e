"""Setting Svar up, starting it and testing it: what the two commands of the Makefile run."""
