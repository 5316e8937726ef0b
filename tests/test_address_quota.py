"""What callers share, with a share for each address."""

from config.server.quota import AddressQuota


def test_one_address_gets_its_share_and_no_more():
    quota = AddressQuota(total=10, per_address=4)
    assert [quota.acquire("192.0.2.1") for _ in range(5)] == [True] * 4 + [False]
    assert quota.acquire("192.0.2.2", 4)
    assert quota.used == 8


def test_all_addresses_together_get_no_more_than_there_is():
    quota = AddressQuota(total=10, per_address=4)
    assert [quota.acquire(f"192.0.2.{number}", 4) for number in range(3)] == [True, True, False]


def test_what_was_given_back_can_be_taken_again():
    quota = AddressQuota(total=4, per_address=4)
    assert quota.acquire("192.0.2.1", 4)
    quota.release("192.0.2.1", 4)
    assert quota.used == 0
    assert quota.acquire("192.0.2.2", 4)
