"""Words of Swedish, Bokmål and Nynorsk, and what else residents' questions are written in."""
