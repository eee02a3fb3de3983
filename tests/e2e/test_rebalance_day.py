"""A rebalancing from the outside: asked for in the chat, killed between its sales and its purchases, and finished."""

from datetime import timedelta

from sandbox.world import World
from tests.e2e.trial import Trial


def orders_of(trial: Trial, routine: str) -> list[str]:
    return [str(one["client_order_id"]) for one in trial.orders() if f"-{routine}-" in str(one["client_order_id"])]


def sales_are_there(world: World) -> bool:
    return any("-rebalance-" in order.request.client_order_id for order in world.brokerage.orders())


def test_killed_after_its_sales_it_buys_with_what_they_brought_and_says_it_once(trial: Trial) -> None:
    trial.deposit("20000")
    trial.start()
    trial.press_start()
    trial.at(9, 35)
    trial.texted("Orders have been executed")
    trial.say("/rebalance band none", answer="then none")
    trial.tap("Change it")
    trial.told("band became none")
    trial.at(12, 0, day=30)
    trial.say("/rebalance preview", answer="What rebalancing would do now")
    trial.fill_after(timedelta(hours=1))
    trial.tap(1)
    trial.sandbox.wait_for(sales_are_there, 25, "the first sale")
    trial.kill()
    # A worker may have been about to send another one: what has arrived counts once all of them are gone.
    trial.sandbox.wait_for(lambda _: not trial.processes(), 5, "the end of every process")
    sent = orders_of(trial, "rebalance")
    assert sent
    assert orders_of(trial, "rebuy") == []
    trial.fill_after(timedelta(seconds=0.3))
    trial.at(13, 30, day=30)
    trial.start()
    words = trial.texted("The account was rebalanced.")
    assert "Sold $" in words
    assert "Bought $" in words
    trial.ticks()
    sold, bought = orders_of(trial, "rebalance"), orders_of(trial, "rebuy")
    assert set(sent) <= set(sold)
    assert all("-rebalance-1-" in one and one.endswith("-sell") for one in sold)
    assert bought
    assert len(sold + bought) == len(set(sold + bought))
    assert len([one for one in trial.texts() if "The account was rebalanced." in one]) == 1
