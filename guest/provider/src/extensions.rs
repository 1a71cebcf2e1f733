//! `winsock:spi/extensions`: what Winsock has beside the service-provider interface.

use wsp_core::PollEvents;

use crate::bindings::{
    Component,
    exports::winsock::spi::{extensions, provider as wit},
    winsock::spi::{memory::WsabufArray, types},
};
use crate::component::{Overlapped, overlapped, socket, waited, with};

impl extensions::Guest for Component {
    fn wsp_accept_ex(
        listener: wit::SocketBorrow<'_>,
        into: wit::SocketBorrow<'_>,
        first_bytes: bool,
        o: wit::OverlappedBorrow<'_>,
    ) -> Result<(), types::WsaError> {
        let o = o.get::<Overlapped>().0;
        with(|provider| provider.accept_ex(socket(&listener), socket(&into), first_bytes, o))
    }

    fn wsp_connect_ex(
        s: wit::SocketBorrow<'_>,
        name: types::SocketAddress,
        data: Option<WsabufArray>,
        o: wit::OverlappedBorrow<'_>,
    ) -> Result<(), types::WsaError> {
        let o = o.get::<Overlapped>().0;
        with(|provider| provider.connect_ex(socket(&s), name.into(), data, o))
    }

    fn wsp_disconnect_ex(
        s: wit::SocketBorrow<'_>,
        reuse: bool,
        o: Option<wit::OverlappedBorrow<'_>>,
    ) -> Result<(), types::WsaError> {
        with(|provider| provider.disconnect_ex(socket(&s), reuse, overlapped(o)))
    }

    fn wsp_poll(
        sockets: Vec<extensions::PolledSocket<'_>>,
        timeout_ms: Option<u32>,
    ) -> Result<Vec<extensions::PollEvents>, types::WsaError> {
        let sockets: Vec<_> = sockets
            .iter()
            .map(|polled| (socket(&polled.s), PollEvents::from(polled.asked)))
            .collect();
        let found = with(|provider| provider.poll(&sockets, timeout_ms))?;
        Ok(found.into_iter().map(Into::into).collect())
    }

    fn wait_for_ended(
        seen: u64,
        timeout_ms: Option<u32>,
        alertable: Option<u32>,
    ) -> Result<wit::WaitOutcome, types::WsaError> {
        with(|provider| provider.wait_for_ended(seen, timeout_ms, alertable)).map(waited)
    }

    fn get_ip_option(
        s: wit::SocketBorrow<'_>,
        option: extensions::IpOption,
    ) -> Result<u32, types::WsaError> {
        with(|provider| provider.get_ip_option(socket(&s), option.into()))
    }

    fn set_ip_option(
        s: wit::SocketBorrow<'_>,
        option: extensions::IpOption,
        value: u32,
    ) -> Result<(), types::WsaError> {
        with(|provider| provider.set_ip_option(socket(&s), option.into(), value))
    }

    fn join_group(
        s: wit::SocketBorrow<'_>,
        group: types::IpAddress,
        through: types::GroupInterface,
    ) -> Result<(), types::WsaError> {
        with(|provider| provider.join_group(socket(&s), group.into(), through.into()))
    }

    fn leave_group(
        s: wit::SocketBorrow<'_>,
        group: types::IpAddress,
        through: types::GroupInterface,
    ) -> Result<(), types::WsaError> {
        with(|provider| provider.leave_group(socket(&s), group.into(), through.into()))
    }

    fn set_group_interface(
        s: wit::SocketBorrow<'_>,
        through: types::GroupInterface,
    ) -> Result<(), types::WsaError> {
        with(|provider| provider.set_group_interface(socket(&s), through.into()))
    }
}
