"""The page's own words, and what other pages say against them."""
