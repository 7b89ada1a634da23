"""The pages of docs/games are made of the tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from copain_gym.games import package_games
from copain_gym.games.docs import page

PAGES = Path(__file__).parents[2] / "docs/games"


@pytest.mark.parametrize("game", package_games(), ids=lambda g: g.name)
def test_the_page_is_up_to_date(game) -> None:
    file = PAGES / f"{game.name}.md"
    assert file.read_text(encoding="utf-8") == page(game), (
        "docs/games is stale; run `python -m copain_gym.games.docs`"
    )


@pytest.mark.parametrize("game", package_games(), ids=lambda g: g.name)
def test_the_page_names_everything(game) -> None:
    text = page(game)
    names = [
        *(v.name for v in game.variables),
        *game.feature_table.names,
        *game.predicates,
        *game.reward_terms,
        *game.actions,
    ]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_there_are_no_pages_of_games_that_are_gone() -> None:
    assert {f.stem for f in PAGES.glob("*.md")} == {game.name for game in package_games()}
