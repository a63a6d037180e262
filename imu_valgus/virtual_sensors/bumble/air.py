"""Bumble's controllers and link, with what tests of a recorder need and bumble lacks.

Found by running bumble 0.0.236: 27-byte data packets cut every notification into ten; cancelling a
connection attempt to an absent device is not implemented, so the attempt hangs for ever; and a link
has neither range nor supervision timeout.
"""

import logging
from typing import Any, Final

from bumble import hci, ll
from bumble.controller import Controller
from bumble.core import PhysicalTransport
from bumble.device import Device
from bumble.hci import Address
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink

__all__ = ["RangedLink", "new_device"]

_LONGEST_PACKET: Final = 251
"""Size in bytes of a link-layer packet with data length extension."""


class RangedLink(LocalLink):
    """Air on which devices can be out of range: nothing from or to them arrives."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.absent: set[Address] = set()

    def _is_cut(self, *addresses: Address) -> bool:
        return any(address in self.absent for address in addresses)

    def send_acl_data(
        self,
        sender_controller: Controller,
        destination_address: Address,
        transport: PhysicalTransport,
        data: bytes,
    ) -> None:
        """Carry data between devices within range."""
        if not self._is_cut(sender_controller.random_address, destination_address):
            super().send_acl_data(sender_controller, destination_address, transport, data)

    def send_advertising_pdu(
        self, sender_controller: Controller, packet: ll.AdvertisingPdu
    ) -> None:
        """Carry advertisements and connection requests of devices within range."""
        if not self._is_cut(sender_controller.random_address):
            super().send_advertising_pdu(sender_controller, packet)

    def send_ll_control_pdu(
        self, sender_address: Address, receiver_address: Address, packet: ll.ControlPdu
    ) -> None:
        """Carry control messages between linked devices within range."""
        receiver = self.find_le_controller(receiver_address)
        if receiver is not None and not self._is_cut(sender_address, receiver_address):
            super().send_ll_control_pdu(sender_address, receiver_address, packet)

    def time_out(self, address: Address) -> None:
        """End a device's links on both sides, as the supervision timeout does."""
        for controller in self.controllers:
            for peer, connection in tuple(controller.le_connections.items()):
                if address in {peer, connection.self_address}:
                    controller.on_le_disconnected(connection, hci.HCI_CONNECTION_TIMEOUT_ERROR)


class _Controller(Controller):
    """A controller that can cancel a connection attempt."""

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> Any:
        """End the pending attempt and report it."""
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is not None:
            self.send_hci_packet(
                hci.HCI_LE_Connection_Complete_Event(
                    status=hci.HCI_UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                    connection_handle=0,
                    role=hci.Role.CENTRAL,
                    peer_address_type=pending.peer_address.address_type,
                    peer_address=pending.peer_address,
                    connection_interval=0,
                    peripheral_latency=0,
                    supervision_timeout=0,
                    central_clock_accuracy=0,
                )
            )
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)


def new_device(link: RangedLink, address: str, name: str) -> Device:
    """Make a device with its own controller, inside a running event loop.

    Parameters
    ----------
    link
        Air that the device shares with others.
    address
        Static random address; its first byte must be C0 to FF.
    name
        Name of the device.

    Returns
    -------
    Device
        The device, switched off.
    """
    logging.getLogger("bumble").setLevel(logging.CRITICAL)
    controller = _Controller(name, link=link)
    controller.le_acl_data_packet_length = _LONGEST_PACKET
    random_address = Address(address, Address.RANDOM_DEVICE_ADDRESS)
    controller.random_address = random_address
    host = Host(controller, AsyncPipeSink(controller))
    return Device(name=name, address=random_address, host=host)
