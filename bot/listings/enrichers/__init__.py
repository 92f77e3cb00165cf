"""Services that know more of a paper than the listings that announced it: OpenAlex and Semantic Scholar."""
