"""Text as people read it: LaTeX, HTML and stray characters removed; words; cuts. Pure."""
