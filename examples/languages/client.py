"""Sends two buffers in one overlapped call, and waits for its event: client.py ADDRESS:PORT"""

from wit_world import exports
from wit_world.imports import environment, provider
from wit_world.imports.memory import WsabufArray
from wit_world.imports.types import AddressFamily, MessageFlags, SocketFlags, SocketType


class Run(exports.Run):
    def run(self) -> None:
        provider.wsp_startup(0x0202)
        address = environment.get_arguments()[1]
        peer = provider.wsp_string_to_address(AddressFamily.INET, address)
        socket = provider.wsp_socket(AddressFamily.INET, SocketType.STREAM, SocketFlags.OVERLAPPED)
        provider.wsp_connect(socket, peer)
        buffers = WsabufArray([b"hello, ", b"winsock\n"])
        event = provider.Event()
        overlapped = provider.Overlapped(event)
        provider.wsp_send(socket, buffers, MessageFlags(0), overlapped, None)
        provider.wait_for_events([event], True, None, None)
        sent = provider.wsp_get_overlapped_result(socket, overlapped, False)
        print(f"{sent.bytes} bytes")
        provider.wsp_close_socket(socket)
        provider.wsp_cleanup()
