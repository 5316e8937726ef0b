"""The verbs that the machine does: it makes the storage what the rows say. Alone in calling backends.

Level-triggered: it looks at what is wanted and what is there, never at what happened in between. A step
claims one row under a lease and commits; calls the backend outside any transaction; and records what
it saw only if the lease is still its own.
"""
