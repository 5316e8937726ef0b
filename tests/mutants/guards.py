"""All guards of which it is known that a test misses them."""

from tests.mutants import (
    backups,
    bodies,
    changes,
    connections,
    console,
    disk,
    documents,
    fairness,
    identity,
    infrastructure,
    operators,
    people,
    running,
    steps,
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
    *infrastructure.GUARDS,
    *times.GUARDS,
    *backups.GUARDS,
]
