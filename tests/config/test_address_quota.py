"""AddressQuota: a shared total, and a maximum for each address."""

from config.server.quota import AddressQuota


def test_address_gets_at_most_its_share():
    quota = AddressQuota(total=10, per_address=4)
    assert [quota.acquire("192.0.2.1") for _ in range(5)] == [True] * 4 + [False]
    assert quota.acquire("192.0.2.2", 4)
    assert quota.used == 8


def test_all_addresses_together_get_at_most_the_total():
    quota = AddressQuota(total=10, per_address=4)
    assert [quota.acquire(f"192.0.2.{number}", 4) for number in range(3)] == [True, True, False]


def test_released_amount_can_be_acquired_again():
    quota = AddressQuota(total=4, per_address=4)
    assert quota.acquire("192.0.2.1", 4)
    quota.release("192.0.2.1", 4)
    assert quota.used == 0
    assert quota.acquire("192.0.2.2", 4)
