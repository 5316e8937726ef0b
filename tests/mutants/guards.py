"""All guards of which it is known that a test misses them."""

from tests.mutants import (
    bodies,
    changes,
    connections,
    console,
    disk,
    documents,
    fairness,
    identity,
    operators,
    people,
    running,
    steps,
    surroundings,
    tenants,
    times,
)

GUARDS = [
    *people.GUARDS,
    *operators.GUARDS,
    *tenants.GUARDS,
    *bodies.GUARDS,
    *documents.GUARDS,
    *changes.GUARDS,
    *steps.GUARDS,
    *disk.GUARDS,
    *fairness.GUARDS,
    *identity.GUARDS,
    *running.GUARDS,
    *connections.GUARDS,
    *console.GUARDS,
    *surroundings.GUARDS,
    *times.GUARDS,
]
