"""Statements are compiled once, and nobody who compiles one holds up another."""

import threading

from django.db import connection

from config.db.statements import PreparedQuery
from volumes.models import Volume


def names():
    return Volume.objects.values_list("name")


def test_one_is_compiled_while_another_one_is():
    has_begun, may_end = threading.Event(), threading.Event()

    def slow():
        has_begun.set()
        assert may_end.wait(10)
        return names()

    first = threading.Thread(target=PreparedQuery(slow).with_values)
    first.start()
    assert has_begun.wait(10)
    second = threading.Thread(target=PreparedQuery(names).with_values)
    second.start()
    second.join(5)
    is_done = not second.is_alive()
    may_end.set()
    first.join()
    second.join()
    assert is_done


def test_to_know_what_it_can_asks_the_database_nothing():
    new = connection.copy()
    assert new.features.has_json_object_function
    assert new.connection is None
