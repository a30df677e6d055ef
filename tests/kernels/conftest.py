"""Kernels that the parity tests share: the stock one and ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from tests.kernels.kernel_conversation import OURS, STOCK, Conversation


@pytest.fixture(scope="session", autouse=True)
def history_of_its_own(tmp_path_factory) -> Iterator[None]:
    """Code of the tests does not enter the IPython history of the user who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        yield


@pytest.fixture(params=["stock", "ours"], scope="session")
def name(request) -> str:
    """The name of a kernelspec: each test that asks for it, or for a kernel, runs with both."""
    return {"stock": STOCK, "ours": OURS}[request.param]


@pytest.fixture(scope="module")
def shared(name, tmp_path_factory) -> Iterator[Conversation]:
    with closing(Conversation(name, tmp_path_factory.mktemp("workspace"))) as conversation:
        yield conversation


@pytest.fixture
def talk(shared) -> Conversation:
    """A kernel that the tests of one file share, one for each name; restarted if a test broke it."""
    if shared.stuck or not shared.manager.is_alive():
        shared.restart()
    return shared


@pytest.fixture
def start(tmp_path_factory) -> Iterator[Callable[[str], Conversation]]:
    """Start kernels for one test alone; they end after the test."""
    with ExitStack() as stack:

        def one(name: str) -> Conversation:
            return stack.enter_context(closing(Conversation(name, tmp_path_factory.mktemp("workspace"))))

        yield one
