"""What a worker does with the tasks that it is given."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import matplotlib.pyplot as plt
import numpy as np
import pytest

from pybridge.animation import recipe, workers

from .made import maker

PACKED = recipe.pack(recipe.Recipe(maker()))


@pytest.fixture(autouse=True)
def _nothing_made():
    workers._made.clear()
    yield
    workers._made.clear()


def task(*indices, packed=PACKED, known=False, params=None, composing=True):
    data = None if known else packed.data
    return workers.Task(packed.token, indices, 1.0, params or {}, composing, data)


def test_it_makes_the_animation_once_and_needs_the_token_only_from_then_on():
    assert workers.draw(task(3, known=True)).is_unknown
    first = workers.draw(task(3, 5))
    assert [frame.index for frame in first.frames] == [3, 5]
    again = workers.draw(task(5, known=True))
    assert again.frames[0].digest == first.frames[1].digest
    assert len(workers._made) == 1
    assert first.first == again.first
    assert first.seconds > 0


def test_whole_figures_are_the_same_pixels():
    indices = range(10)
    digests = [
        [frame.digest for frame in workers.draw(task(*indices, composing=composing)).frames]
        for composing in (True, False)
    ]
    assert digests[0] == digests[1]
    assert workers.draw(task(1, composing=False)).method.startswith("whole figures")


def test_it_keeps_a_few_animations():
    for length in range(20, 30):
        workers.draw(task(3, packed=recipe.pack(recipe.Recipe(maker(length)))))
    assert len(workers._made) == workers._KEPT


def test_a_frame_beyond_the_end_is_no_failure():
    answer = workers.draw(task(38, 39, 40, 41))
    assert ([frame.index for frame in answer.frames], answer.end) == ([38, 39], 40)
    assert answer.failures == {}


def test_what_the_function_raises_comes_back_as_data():
    def make():
        return lambda i: 1 // (i - 2)

    packed = recipe.pack(recipe.Recipe(make, frames=9))
    broken = workers.draw(task(2, packed=packed)).broken
    assert broken["type"] == "BadArgumentError"

    def draw(i):
        if i == 2:
            raise ZeroDivisionError
        return [[[i, i, i]]]

    def make_better():
        return lambda i: np.uint8(draw(i))

    packed = recipe.pack(recipe.Recipe(make_better, frames=9))
    answer = workers.draw(task(1, 2, 3, packed=packed))
    assert [frame.index for frame in answer.frames] == [1, 3]
    assert answer.failures[2]["type"] == "ZeroDivisionError"


def test_two_tasks_of_one_content_are_two():
    assert task(1) != task(1)


def test_it_says_where_it_draws():
    about = workers.draw(task(1)).about
    assert about == workers.surroundings()
    assert {"matplotlib", "FreeType", "font"} <= set(about.versions)


def test_a_worker_that_draws_in_a_thread_has_pyplot_to_itself():
    def make():
        plt.figure(figsize=(1, 1))
        return lambda i: plt.title(str(i)) and None

    packed = recipe.pack(recipe.Recipe(make, frames=3))
    with ThreadPoolExecutor(1) as executor:
        answer = executor.submit(workers.draw, task(1, 2, packed=packed)).result()
    assert (answer.broken, answer.failures) == (None, {})
    assert len({frame.digest for frame in answer.frames}) == 2


def test_other_parameters_have_it_look_again_whether_frames_depend_on_each_other():
    def make():
        state = np.random.default_rng(0)

        def draw(i, noise=0.0):
            return np.full((2, 2, 3), i + int(noise * state.integers(1, 200)), np.uint8)

        return draw

    packed = recipe.pack(recipe.Recipe(make, frames=9))

    def is_dependent(noise):
        params = {"noise": noise}
        answers = [
            workers.draw(task(*indices, packed=packed, params=params))
            for indices in ((1, 2), (3, 4))
        ]
        return answers[-1].dependent is not None

    assert [is_dependent(noise) for noise in (0.0, 1.0, 0.0)] == [False, True, False]
