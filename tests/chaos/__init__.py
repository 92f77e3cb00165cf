"""Kills, pauses and lost answers against real processes: nothing lost, nothing twice, nothing stuck.

``python -m tests.chaos --platform discord --points 60 --seed 1`` prints one line of figures.
What was delivered is read from the platform's own record, never from ours.
"""
