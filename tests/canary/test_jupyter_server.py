"""jupyter-server: the server, its handlers, its files."""

from __future__ import annotations

import inspect

import pytest
from jupyter_client.session import Session
from jupyter_core.application import JupyterApp
from jupyter_server.auth.identity import IdentityProvider
from jupyter_server.base import websocket
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.contents.fileio import AsyncFileManagerMixin
from jupyter_server.services.contents.filemanager import AsyncFileContentsManager
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.handlers import KernelActionHandler
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.services.sessions.handlers import SessionHandler

from tests.canary.signatures import mentions, takes

pytestmark = pytest.mark.canary


def test_the_server_s_steps_are_called_so(changed):
    for name in ("load_config_file", "init_logging", "init_webapp", "init_signal", "init_server_extensions"):
        assert hasattr(ServerApp, name), changed(f"{name}, which is not there,")
        assert any(mentions(kind, f"self.{name}(") for kind in (ServerApp, JupyterApp)), changed(
            f"{name}, which is not called,"
        )
    assert takes(ServerApp.initialize, "argv", "find_extensions", "new_httpserver"), changed("initialize")
    for name in (
        "remove_server_info_file",
        "info_file",
        "no_browser_open_file",
        "http_server",
        "tornado_settings",
    ):
        assert hasattr(ServerApp, name), changed(name)
    assert mentions(ServerApp.http_server.fget, "self._http_server"), changed("`_http_server`")
    for name in ("identity_provider_class", "authorizer_class", "kernel_websocket_connection_class"):
        assert name in ServerApp.class_trait_names(config=True), changed(name)


def test_its_end_waits_for_its_clients(changed):
    assert mentions(ServerApp, "async def _cleanup"), changed("the end of the server")
    assert mentions(ServerApp._cleanup, "await self.cleanup_kernels()"), changed("the end of the server")


def test_silence_is_counted_from_the_first_ping_on(changed):
    source = inspect.getsource(websocket)
    assert "self.last_pong = self.last_ping" in source, changed("the moment from which silence is counted")
    assert "since_last_pong > self.ping_timeout" in source, changed("the comparison of the silence")
    assert "1e3 *" in source, changed("the unit of pings (ms)")
    for name in ("ws_ping_interval", "ws_ping_timeout"):
        assert f'"{name}"' in source, changed(name)


def test_files_go_through_these(changed):
    manager = AsyncFileContentsManager
    assert takes(manager._get_os_path, "path"), changed("_get_os_path")
    assert takes(manager._dir_model, "path", "content"), changed("_dir_model")
    assert takes(manager._save_notebook, "os_path", "nb", "capture_validation_error"), changed(
        "_save_notebook"
    )
    assert takes(manager._save_file, "os_path", "content", "format"), changed("_save_file")
    assert takes(manager._save_directory, "os_path", "model", "path"), changed("_save_directory")
    assert takes(
        AsyncFileManagerMixin._read_notebook, "os_path", "as_version", "capture_validation_error", "raw"
    ), changed("_read_notebook")
    assert mentions(AsyncFileManagerMixin._read_file, "self.open(os_path"), changed(
        "the reading through `open`"
    )
    for name in ("is_hidden", "delete_file", "rename_file", "copy", "get"):
        assert inspect.iscoroutinefunction(getattr(manager, name)), changed(name)


def test_a_save_asks_for_checkpoints(changed):
    assert mentions(
        AsyncFileContentsManager.save,
        "self.checkpoints.list_checkpoints(path)",
        "self.create_checkpoint(path)",
    ), changed("the making of a first checkpoint")


def test_messages_of_a_browser_come_by_these(changed):
    assert takes(ZMQChannelsWebsocketConnection.handle_incoming_message, "incoming_msg"), changed(
        "incoming messages"
    )
    assert mentions(ZMQChannelsWebsocketConnection, "def prepare", "self.session.session"), changed("prepare")
    session = Session()
    message = session.msg("status", {"execution_state": "idle"})
    sent = serialize_msg_to_ws_v1(message, "iopub", session.pack)
    channel, parts = deserialize_msg_from_ws_v1(sent)
    assert (channel, len(parts)) == ("iopub", 4), changed("the messages of the protocol v1")
    assert int.from_bytes(sent[:8], "little") == 6, changed(
        "the number of offsets that a message begins with"
    )


def test_an_older_connection_of_the_same_id_ends(changed):
    assert mentions(ZMQChannelsWebsocketConnection, "_open_sessions", "stale_handler"), changed(
        "stale connections"
    )


def test_who_asks_is_found_by_these(changed):
    provider = IdentityProvider
    assert takes(provider.get_user, "handler"), changed("get_user")
    assert takes(provider.should_check_origin, "handler"), changed("should_check_origin")
    assert takes(provider.is_token_authenticated, "handler"), changed("is_token_authenticated")
    assert takes(provider.update_user, "handler", "user_data"), changed("update_user")
    for name in ("auth_enabled", "login_available", "logout_available"):
        assert hasattr(provider, name), changed(name)
    assert mentions(JupyterHandler, "_jupyter_current_user"), changed("`_jupyter_current_user`")
    assert inspect.iscoroutinefunction(JupyterHandler.prepare), changed("prepare")


def test_the_handlers_that_are_narrowed(changed):
    assert takes(SessionHandler.patch, "session_id"), changed("SessionHandler.patch")
    assert takes(KernelActionHandler.post, "kernel_id", "action"), changed("KernelActionHandler.post")
    assert takes(AsyncMappingKernelManager.cwd_for_path, "path"), changed("cwd_for_path")
