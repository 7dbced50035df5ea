"""A member of `fedward-secagg/1`, written to docs/secagg.md: it shares no code with the others.

It shows that the page is enough, and is no product: it trains nothing, takes the complete graph only, keeps
no session over a crash (it sits the attempt out, §8), and cannot erase: Python gives no say over copies.
"""
