"""jupyter_client: starting kernels and exchanging messages with them."""

from __future__ import annotations

import inspect

import pytest
from jupyter_client.client import KernelClient
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from jupyter_client.session import Session

from tests.canary.signatures import mentions, takes

pytestmark = pytest.mark.canary


def test_it_waits_for_silence(changed):
    assert mentions(KernelClient._async_wait_for_ready, "iopub_channel.get_msg(timeout=0.2)"), changed(
        "the waiting for 0.2 s of silence"
    )
    assert mentions(KernelClient._async_wait_for_ready, "self._handle_kernel_info_reply(msg)"), changed(
        "`_handle_kernel_info_reply`"
    )
    client = KernelClient()
    client._handle_kernel_info_reply({"content": {"protocol_version": "4.1"}})
    assert client.session.adapt_version == 4, changed("what `_handle_kernel_info_reply` notes")


def test_a_manager_makes_its_clients_by_a_class(changed):
    manager = KernelManager()
    manager.client_factory = type("Other", (manager.client_factory,), {})
    assert type(manager.client()).__name__ == "Other", changed("client_factory")


def test_a_provisioner_does_these(changed):
    signatures = {
        "pre_launch": (),
        "launch_kernel": ("cmd",),
        "poll": (),
        "wait": (),
        "send_signal": ("signum",),
        "kill": ("restart",),
        "terminate": ("restart",),
        "shutdown_requested": ("restart",),
        "cleanup": ("restart",),
        "get_provisioner_info": (),
    }
    for name, parameters in signatures.items():
        method = getattr(LocalProvisioner, name)
        assert inspect.iscoroutinefunction(method), changed(f"{name}, which is awaited no more,")
        assert takes(method, *parameters), changed(f"the parameters of {name}")
    assert takes(LocalProvisioner.resolve_path, "path_str"), changed("resolve_path")
    assert isinstance(LocalProvisioner.has_process, property), changed("has_process")


def test_the_stock_provisioner_chooses_ports(changed):
    assert mentions(LocalProvisioner.pre_launch, "LocalPortCache.instance()", "shell_port"), changed(
        "the ports"
    )
    assert mentions(LocalProvisioner.pre_launch, "km.format_kernel_cmd("), changed(
        "the making of the command"
    )
    assert takes(KernelManager.format_kernel_cmd, "extra_arguments"), changed("format_kernel_cmd")


def test_a_session_sends_by_one_method(changed):
    assert takes(
        Session.send,
        "stream",
        "msg_or_type",
        "content",
        "parent",
        "ident",
        "buffers",
        "track",
        "header",
        "metadata",
    ), changed("Session.send")
    message = Session().msg("status", {"a": 1}, parent={"header": {"msg_id": "1"}})
    assert message["parent_header"] == {"msg_id": "1"}, changed("Session.msg")
    assert isinstance(Session().key, bytes), changed("the session's key")


def test_a_kernelspec_is_found_by_a_folder(changed):
    class One(KernelSpecManager):
        def find_kernel_specs(self):
            return {}

        def _find_spec_directory(self, kernel_name):
            raise LookupError(kernel_name)

    with pytest.raises(LookupError):
        One().get_kernel_spec("python3")
    assert mentions(KernelSpecManager.get_kernel_spec, "self._find_spec_directory"), changed(
        "_find_spec_directory"
    )
    assert NoSuchKernel("a").name == "a", changed("NoSuchKernel")
