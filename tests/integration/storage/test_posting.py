"""What becomes of an alert when it is posted: words, pictures, and the owner's preferences."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.alerts import Alert, AlertKind, Table
from core.preferences import AlertPreferences, Mode, QuietHours
from core.reporting.pictures import AccountValue, Picture, Returns, Weights
from storage import database
from storage.choices import ALERTS, Choices
from storage.database import Database
from storage.outbox import LONGEST_QUIET, Outbox, Recipient
from storage.outbox_tables import DeliveryState
from storage.said import DeliveryStatus
from tests.unit.properties import steady

DAY = date(2026, 11, 27)
NIGHT = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
MORNING = datetime(2026, 11, 28, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PHONE, TABLET, SMS = Recipient("telegram", "7"), Recipient("telegram", "8"), Recipient("sms", "+15550100")
QUIET = AlertPreferences(quiet=QuietHours(time(22), time(7), "UTC"))

PICTURES: tuple[Picture, ...] = (
    Weights(DAY, (("Domestic Large Cap", Decimal("35.00"), Decimal("34.9988")), ("Crypto", Decimal("12.25"), None))),
    AccountValue(((DAY, Decimal("1000.10"), Decimal("1E+3")),), ((DAY, Decimal("-0.50")),)),
    Returns(DAY, (("Bonds", Decimal("-0.000000001")), ("Crypto", None))),
)
TABLES = (Table(("Account", "Gain $"), (("today", "+1.00"),)), Table(("A",), (), (("Total",),)))
REPORT = Alert(AlertKind.CLOSE_REPORT, "the day", summary="in short", pictures=PICTURES, tables=TABLES)
MONEY = Alert(AlertKind.EXECUTED, "bought")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    with database.open(f"sqlite:///{tmp_path}/allocator.db") as found:
        yield found


@pytest.fixture
def outbox(opened: Database) -> Outbox:
    return Outbox(opened, "main", [PHONE, SMS])


def prefer(database: Database, preferences: AlertPreferences) -> None:
    Choices(database, "main", ALERTS, AlertPreferences).set(preferences, "7", "from the chat", NIGHT)


def due(outbox: Outbox, at: datetime = NIGHT) -> list[tuple[str, str, int]]:
    return [(delivery.channel, delivery.alert.text, delivery.part) for delivery in outbox.due(at)]


def deliver_all(outbox: Outbox, at: datetime = NIGHT) -> list[tuple[str, int]]:
    """Deliver whatever is due until nothing is, and return who got which part."""
    got = []
    while deliveries := outbox.due(at):
        for delivery in deliveries:
            outbox.attempting(delivery.id, at)
            outbox.delivered(delivery.id, None, at)
            got.append((delivery.recipient, delivery.part))
    return got


def test_pictures_tables_and_summary_come_back_exactly(outbox: Outbox) -> None:
    outbox.say(REPORT, NIGHT)
    (delivery, _) = outbox.due(NIGHT)
    assert delivery.alert == REPORT
    assert repr(delivery.alert) == repr(REPORT)


def test_pictures_follow_the_words_one_by_one_where_they_can_be_shown(opened: Database) -> None:
    outbox = Outbox(opened, "main", [PHONE, TABLET, SMS])
    outbox.say(REPORT, NIGHT)
    assert [(delivery.recipient, delivery.part) for delivery in outbox.due(NIGHT)] == [
        ("7", 0),
        ("8", 0),
        ("+15550100", 0),
    ]
    assert deliver_all(outbox) == [
        *[("7", 0), ("8", 0), ("+15550100", 0)],
        *[("7", 1), ("8", 1), ("7", 2), ("8", 2), ("7", 3), ("8", 3)],
    ]


def test_the_next_alerts_words_come_after_the_pictures_of_the_one_before(outbox: Outbox) -> None:
    outbox.say(REPORT, NIGHT)
    outbox.say(MONEY, NIGHT)
    outbox.delivered(outbox.due(NIGHT)[0].id, None, NIGHT)
    assert due(outbox)[1] == ("telegram", "the day", 1)
    deliver_all(outbox)
    assert [said.alert.text for said in outbox.recent(1)] == ["bought"]


def test_a_picture_that_waits_for_its_next_try_keeps_no_words_back(outbox: Outbox) -> None:
    outbox.say(REPORT, NIGHT)
    outbox.say(MONEY, NIGHT)
    outbox.delivered(outbox.due(NIGHT)[0].id, None, NIGHT)
    for _ in PICTURES:
        (_, picture) = outbox.due(NIGHT)
        outbox.attempting(picture.id, NIGHT)
        outbox.failed(picture.id, "too slow", NIGHT, MINUTE)
    assert due(outbox) == [("sms", "the day", 0), ("telegram", "bought", 0)]
    assert due(outbox, NIGHT + MINUTE) == [("sms", "the day", 0), ("telegram", "the day", 1)]


def test_words_behind_a_waiting_picture_are_due_at_once(opened: Database) -> None:
    outbox = Outbox(opened, "main", [PHONE])
    outbox.say(REPORT, NIGHT)
    outbox.delivered(outbox.due(NIGHT)[0].id, None, NIGHT)
    for _ in PICTURES:
        outbox.failed(outbox.due(NIGHT)[0].id, "too slow", NIGHT, MINUTE)
    assert outbox.next_due() == NIGHT + MINUTE
    outbox.say(MONEY, NIGHT)
    due = outbox.next_due()
    assert due is not None
    assert due < NIGHT


def test_a_picture_that_is_given_up_leaves_the_others(outbox: Outbox) -> None:
    outbox.say(REPORT, NIGHT)
    words, _ = outbox.due(NIGHT)
    outbox.delivered(words.id, None, NIGHT)
    outbox.give_up(outbox.due(NIGHT)[1].id, "cannot be drawn", NIGHT)
    assert ("telegram", "the day", 2) in due(outbox)


def test_a_channel_that_is_off_for_a_kind_gets_none_of_it(outbox: Outbox, opened: Database) -> None:
    prefer(opened, AlertPreferences(((AlertKind.CLOSE_REPORT, "telegram", Mode.OFF),)))
    outbox.say(REPORT, NIGHT)
    outbox.say(MONEY, NIGHT)
    assert due(outbox) == [("sms", "the day", 0), ("telegram", "bought", 0)]


def test_what_is_off_everywhere_is_still_kept_as_said(outbox: Outbox, opened: Database) -> None:
    prefer(opened, AlertPreferences(tuple((AlertKind.CLOSE_REPORT, one, Mode.OFF) for one in ("telegram", "sms"))))
    outbox.say(REPORT, NIGHT)
    assert outbox.next_due() is None
    (said,) = outbox.recent(5)
    assert (said.alert, said.at, said.deliveries) == (REPORT, NIGHT, ())


def test_a_silent_kind_is_silent_in_words_and_pictures(outbox: Outbox, opened: Database) -> None:
    prefer(opened, AlertPreferences(((AlertKind.CLOSE_REPORT, "telegram", Mode.SILENT),)))
    outbox.say(REPORT, NIGHT)
    assert [delivery.silent for delivery in outbox.due(NIGHT)] == [True, False]
    outbox.delivered(outbox.due(NIGHT)[0].id, None, NIGHT)
    assert {delivery.part: delivery.silent for delivery in outbox.due(NIGHT)} == {0: False, 1: True}
    outbox.say(MONEY, NIGHT)
    deliver_all(outbox)
    outbox.say(MONEY, NIGHT)
    assert [delivery.silent for delivery in outbox.due(NIGHT)] == [False, False]


def test_trouble_that_is_off_on_the_only_channel_left_is_said_there_all_the_same(
    outbox: Outbox, opened: Database
) -> None:
    prefer(opened, AlertPreferences(((AlertKind.TROUBLE, "telegram", Mode.OFF),)))
    outbox.say(Alert(AlertKind.TROUBLE, "SMS is away"), NIGHT, except_by="sms")
    assert due(outbox) == [("telegram", "SMS is away", 0)]


def test_in_quiet_hours_a_report_is_silent_and_its_sms_waits_for_the_morning(outbox: Outbox, opened: Database) -> None:
    prefer(opened, QUIET)
    outbox.say(REPORT, NIGHT)
    (delivery,) = outbox.due(NIGHT)
    assert (delivery.channel, delivery.silent) == ("telegram", True)
    deliver_all(outbox)
    assert outbox.next_due() == MORNING
    assert due(outbox, MORNING - timedelta(seconds=1)) == []
    assert due(outbox, MORNING) == [("sms", "the day", 0)]
    assert outbox.undelivered_count(SMS) == 1


def test_an_sms_that_waits_for_the_morning_lets_money_pass_and_comes_first_in_the_morning(
    outbox: Outbox, opened: Database
) -> None:
    prefer(opened, QUIET)
    outbox.say(REPORT, NIGHT)
    outbox.say(MONEY, NIGHT + MINUTE)
    assert ("sms", "bought", 0) in due(outbox, NIGHT + MINUTE)
    deliver_all(outbox, NIGHT + MINUTE)
    outbox.say(Alert(AlertKind.FAILED, "said in the morning"), MORNING - MINUTE)
    assert [text for channel, text, _ in due(outbox, MORNING) if channel == "sms"] == ["the day"]


def test_money_that_fails_in_the_night_keeps_its_own_place(outbox: Outbox, opened: Database) -> None:
    prefer(opened, QUIET)
    outbox.say(REPORT, NIGHT)
    outbox.say(MONEY, NIGHT)
    outbox.say(Alert(AlertKind.FAILED, "and then failed"), NIGHT)
    (sms,) = [delivery for delivery in outbox.due(NIGHT) if delivery.channel == "sms"]
    outbox.attempting(sms.id, NIGHT)
    outbox.failed(sms.id, "no network", NIGHT, MINUTE)
    assert [text for channel, text, _ in due(outbox) if channel == "sms"] == []
    assert [text for channel, text, _ in due(outbox, NIGHT + MINUTE) if channel == "sms"] == ["bought"]


def test_after_its_first_try_in_the_morning_a_report_keeps_its_place(outbox: Outbox, opened: Database) -> None:
    prefer(opened, QUIET)
    outbox.say(REPORT, NIGHT)
    deliver_all(outbox)
    outbox.say(MONEY, MORNING)
    (sms,) = [delivery for delivery in outbox.due(MORNING) if delivery.channel == "sms"]
    outbox.attempting(sms.id, MORNING)
    outbox.failed(sms.id, "no network", MORNING, MINUTE)
    deliver_all(outbox, MORNING)
    assert due(outbox, MORNING) == []
    assert outbox.next_due() == MORNING + MINUTE


def test_quiet_hours_set_before_the_clock_went_back_do_not_silence_the_outbox(outbox: Outbox, opened: Database) -> None:
    prefer(opened, QUIET)
    outbox.say(REPORT, NIGHT)
    long_ago = MORNING - LONGEST_QUIET - MINUTE
    assert ("sms", "the day", 0) in due(outbox, long_ago)


def test_segments_are_summed_from_an_instant_on(outbox: Outbox, opened: Database) -> None:
    for number, segments in enumerate((2, 3, None)):
        outbox.say(Alert(AlertKind.EXECUTED, str(number)), NIGHT)
        at = NIGHT + number * MINUTE
        (sms,) = [delivery for delivery in outbox.due(at) if delivery.channel == "sms"]
        outbox.delivered(sms.id, "receipt", at, segments)
    assert outbox.segments_since(NIGHT) == 5
    assert outbox.segments_since(NIGHT + MINUTE) == 3
    assert outbox.segments_since(NIGHT + 2 * MINUTE) == 0
    assert Outbox(opened, "other", []).segments_since(NIGHT) == 0


def test_what_was_said_is_looked_back_at_with_how_far_it_came(outbox: Outbox, opened: Database) -> None:
    outbox.say(MONEY, NIGHT)
    outbox.say(Alert(AlertKind.FAILED, "failed"), NIGHT + MINUTE)
    Outbox(opened, "other", [PHONE]).say(MONEY, NIGHT)
    phone, sms = outbox.due(NIGHT)
    outbox.attempting(phone.id, NIGHT)
    outbox.delivered(phone.id, "message 5", NIGHT + MINUTE)
    outbox.give_up(sms.id, "no such number", NIGHT)
    newest, oldest = outbox.recent(10)
    assert outbox.recent(1) == (newest,)
    assert outbox.recent(10, before=newest.id) == (oldest,)
    assert newest.alert.text == "failed"
    assert [delivery.state for delivery in newest.deliveries] == [DeliveryState.WAITING] * 2
    assert oldest.deliveries == (
        DeliveryStatus(PHONE, 0, DeliveryState.DELIVERED, 1, None, NIGHT + MINUTE),
        DeliveryStatus(SMS, 0, DeliveryState.GIVEN_UP, 0, "no such number", NIGHT),
    )


_accounts = count()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with database.open(f"sqlite:///{tmp_path_factory.mktemp('outbox')}/allocator.db") as found:
        yield found


@settings(steady, max_examples=40)
@given(
    st.sampled_from([[PHONE], [SMS], [PHONE, SMS]]),
    st.lists(st.sampled_from(["report", "money", "fails", "arrives", "is held", "time passes"]), max_size=14),
)
def test_the_outbox_is_looked_at_again_exactly_when_something_is_due(
    shared: Database, recipients: list[Recipient], happens: list[str]
) -> None:
    account = f"account {next(_accounts)}"
    Choices(shared, account, ALERTS, AlertPreferences).set(QUIET, "7", "from the chat", NIGHT)
    outbox = Outbox(shared, account, recipients)
    now = NIGHT
    for event in happens:
        foremost = outbox.due(now)
        match event, foremost:
            case "report", _:
                outbox.say(REPORT, now)
            case "money", _:
                outbox.say(MONEY, now)
            case "time passes", _:
                now += timedelta(minutes=20)
            case "fails", (first, *_):
                outbox.attempting(first.id, now)
                outbox.failed(first.id, "no network", now, timedelta(minutes=50))
            case "arrives", (first, *_):
                outbox.attempting(first.id, now)
                outbox.delivered(first.id, None, now)
            case "is held", (*_, last):
                outbox.attempting(last.id, now)
                outbox.hold(last.id, "no chat")
    turn = outbox.next_due()
    if turn is None or turn > now:
        assert outbox.due(now) == ()
    if turn is not None:
        assert outbox.due(max(turn, now)) != ()
