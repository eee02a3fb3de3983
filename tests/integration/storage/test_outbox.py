"""The outbox: everything said reaches everyone, in order, or is given up where it can be seen."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.alerts import Alert, AlertKind, Table
from storage import database
from storage.database import Database
from storage.errors import NoSuchDelivery
from storage.outbox import LONGEST_WAIT, Delivery, Outbox, Recipient

NOW = datetime(2026, 11, 27, 14, 35, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SOON = NOW + MINUTE
PHONE, SMS = Recipient("telegram", "7"), Recipient("sms", "+15550100")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    with database.open(f"sqlite:///{tmp_path}/allocator.db") as found:
        yield found


@pytest.fixture
def outbox(opened: Database) -> Outbox:
    return Outbox(opened, "main", [PHONE, SMS])


def news(text: str) -> Alert:
    return Alert(AlertKind.TROUBLE, text)


def due(outbox: Outbox, at: datetime = NOW) -> list[tuple[str, str]]:
    return [(delivery.channel, delivery.alert.text) for delivery in outbox.due(at)]


def first(outbox: Outbox, channel: str = "telegram") -> Delivery:
    return next(delivery for delivery in outbox.due(NOW) if delivery.channel == channel)


def test_an_alert_comes_back_whole_once_for_each_recipient(outbox: Outbox) -> None:
    alert = Alert(
        AlertKind.CONFIRM,
        "Invest $250?",
        title="The first investment",
        table=Table(("Sector", "Buy"), (("Domestic Large Cap", "87.50"), ("Crypto", "12.50")), (("Total", "100.00"),)),
        notes=("Nothing is bought until you tap <Invest> & confirm.", "Übrigens: ½"),
        confirmation="token",
    )
    outbox.say(alert, NOW)
    assert outbox.due(NOW) == (
        Delivery(1, alert, "telegram", "7", part=0, attempts=0, created_at=NOW),
        Delivery(2, alert, "sms", "+15550100", part=0, attempts=0, created_at=NOW),
    )


def test_a_recipient_gets_the_next_alert_only_after_the_one_before_it(outbox: Outbox) -> None:
    for text in ("one", "two"):
        outbox.say(news(text), NOW)
    assert due(outbox) == [("telegram", "one"), ("sms", "one")]
    outbox.delivered(first(outbox).id, "message 5", NOW)
    assert due(outbox) == [("sms", "one"), ("telegram", "two")]


def test_a_failed_delivery_waits_for_its_next_try_and_keeps_back_what_is_behind_it(outbox: Outbox) -> None:
    for text in ("one", "two"):
        outbox.say(news(text), NOW)
    outbox.failed(first(outbox).id, "no network", NOW, MINUTE)
    assert due(outbox) == [("sms", "one")]
    assert due(outbox, SOON) == [("telegram", "one"), ("sms", "one")]


def test_an_attempt_counts_before_it_is_made(outbox: Outbox) -> None:
    outbox.say(news("one"), NOW)
    outbox.attempting(first(outbox).id, NOW)
    outbox.attempting(first(outbox).id, NOW)
    assert (first(outbox).attempts, first(outbox, "sms").attempts) == (2, 0)


def test_a_next_try_set_before_the_clock_went_back_does_not_silence_the_outbox(outbox: Outbox) -> None:
    outbox.say(news("one"), NOW)
    outbox.failed(first(outbox).id, "no network", NOW, timedelta(minutes=5))
    assert due(outbox, NOW - timedelta(minutes=50)) == [("sms", "one")]
    assert due(outbox, NOW - timedelta(days=30)) == [("telegram", "one"), ("sms", "one")]


def test_a_wait_of_hours_is_one_of_an_hour_and_not_none(outbox: Outbox) -> None:
    outbox.say(news("one"), NOW)
    outbox.failed(first(outbox).id, "Telegram asked to slow down", NOW, timedelta(hours=2))
    outbox.refused(first(outbox, "sms").id, "no credit", NOW, timedelta(days=2))
    assert (due(outbox), outbox.next_due()) == ([], NOW + LONGEST_WAIT)
    assert due(outbox, NOW + LONGEST_WAIT) == [("telegram", "one"), ("sms", "one")]


def test_what_a_channel_in_need_of_mending_refused_does_not_count_as_an_attempt(outbox: Outbox) -> None:
    outbox.say(news("one"), NOW)
    for _ in range(3):
        outbox.attempting(first(outbox).id, NOW)
        outbox.refused(1, "no credit", NOW - MINUTE, MINUTE)
    assert first(outbox).attempts == 0


def test_what_is_said_by_a_clock_ahead_of_this_machines_is_due_at_once(outbox: Outbox) -> None:
    outbox.say(news("one"), NOW + timedelta(minutes=30))
    assert due(outbox) == [("telegram", "one"), ("sms", "one")]


def test_a_held_delivery_keeps_everything_back_until_its_recipient_is_released(outbox: Outbox) -> None:
    for text in ("one", "two"):
        outbox.say(news(text), NOW)
    outbox.hold(first(outbox).id, "never pressed Start")
    assert due(outbox, NOW + timedelta(days=9)) == [("sms", "one")]
    assert outbox.release(Recipient("telegram", "8"), SOON) == 0
    assert outbox.release(PHONE, SOON) == 1
    assert outbox.release(PHONE, SOON) == 0
    assert due(outbox, SOON) == [("telegram", "one"), ("sms", "one")]


def test_what_was_given_up_lets_the_next_one_through(outbox: Outbox) -> None:
    for text in ("one", "two"):
        outbox.say(news(text), NOW)
    outbox.give_up(first(outbox).id, "300 tries", NOW)
    assert due(outbox) == [("sms", "one"), ("telegram", "two")]


def test_an_ended_delivery_never_changes(outbox: Outbox) -> None:
    outbox.say(news("one"), NOW)
    delivery = first(outbox).id
    outbox.delivered(delivery, "message 5", NOW)
    with pytest.raises(NoSuchDelivery, match="is not open"):
        outbox.failed(delivery, "no network", NOW, MINUTE)
    with pytest.raises(NoSuchDelivery):
        outbox.attempting(99, NOW)
    assert due(outbox, SOON) == [("sms", "one")]


def test_the_outbox_says_when_to_look_again_and_how_much_is_undelivered(outbox: Outbox) -> None:
    assert (outbox.next_due(), outbox.undelivered_count()) == (None, 0)
    for text in ("one", "two"):
        outbox.say(news(text), NOW)
    # At once, whatever the market's time was when it was said: that may be ahead of this machine's.
    at_once = outbox.next_due()
    assert at_once is not None
    assert at_once < NOW - 365 * 24 * 60 * MINUTE
    assert outbox.undelivered_count() == 4
    outbox.failed(first(outbox).id, "no network", NOW, MINUTE)
    outbox.hold(first(outbox, "sms").id, "waits")
    assert (outbox.next_due(), outbox.undelivered_count()) == (SOON, 4)
    outbox.give_up(1, "300 tries", NOW)
    outbox.delivered(2, None, NOW)
    assert outbox.undelivered_count() == 2
    outbox.delivered(4, None, NOW)
    assert (outbox.undelivered_count(PHONE), outbox.undelivered_count(SMS)) == (1, 0)


def test_the_same_trouble_is_said_once_until_it_is_cleared(outbox: Outbox, opened: Database) -> None:
    assert outbox.say(news("Alpaca is away"), NOW, once_key="broker") is not None
    assert outbox.say(news("Alpaca is away"), SOON, once_key="broker") is None
    assert outbox.say(news("SMS is away"), SOON, once_key="sms") is not None
    assert Outbox(opened, "other", [PHONE]).say(news("Alpaca is away"), NOW, once_key="broker") is not None
    assert outbox.undelivered_count() == 4

    assert outbox.clear("broker")
    assert not outbox.clear("broker")
    assert outbox.say(news("Alpaca is away"), SOON, once_key="broker") is not None


def test_several_keys_are_cleared_together(outbox: Outbox) -> None:
    for key in ("held", "lost"):
        outbox.say(news(key), NOW, once_key=key)
    assert outbox.clear("down", "held", "lost")
    assert not outbox.clear("held", "lost")


def test_the_trouble_of_one_recipient_is_said_to_everybody_else(opened: Database) -> None:
    owners = [PHONE, Recipient("telegram", "8"), SMS]
    outbox = Outbox(opened, "main", owners)
    outbox.say(news("7 is not reached"), NOW, except_to=PHONE)
    assert [delivery.recipient for delivery in outbox.due(NOW)] == ["8", "+15550100"]


def test_a_channels_own_trouble_is_said_by_the_others(outbox: Outbox) -> None:
    outbox.say(news("Telegram is away"), NOW, except_by="telegram")
    assert due(outbox) == [("sms", "Telegram is away")]


def test_another_opening_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/allocator.db"
    with database.open(url) as before:
        outbox = Outbox(before, "main", [PHONE])
        outbox.say(news("one"), NOW)
        outbox.attempting(1, NOW)
        outbox.failed(1, "no network", NOW, MINUTE)
    with database.open(url) as after:
        outbox = Outbox(after, "main", [PHONE])
        assert outbox.due(NOW) == ()
        assert [delivery.attempts for delivery in outbox.due(SOON)] == [1]


def test_an_outbox_leaves_another_accounts_deliveries_alone(outbox: Outbox, opened: Database) -> None:
    outbox.say(news("one"), NOW)
    other = Outbox(opened, "other", [PHONE])
    assert (other.due(NOW), other.next_due(), other.undelivered_count()) == ((), None, 0)
    with pytest.raises(NoSuchDelivery):
        other.delivered(1, None, NOW)
