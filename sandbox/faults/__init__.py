"""Fault injection: the queue of faults, their kinds, and the parameters of each kind."""
