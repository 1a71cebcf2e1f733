//! A datagram endpoint: a UDP socket of WASI with what is pending on it.
//!
//! WASI's socket is never connected, and opened once: to connect it anew is an error, or a
//! race, in some hosts, and a connected one sends nowhere else. The default peer is kept here,
//! given with each datagram, and what others send is left out.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use wsp_core::{
    AddressFamily, EndpointOption, Interest, Readiness, ReceiveFlags, ReceiveStarted, ReceivedNow,
    SendFlags, Started, TransportError,
};

use crate::limits::Charge;
use crate::memory::{Payload, Room};
use crate::options::fits;
use crate::pending::{Context, Receives, Watches, take};
use crate::settle::settle;
use crate::wasi::{Incoming, Setting, Wasi};

/// How many datagrams are taken from the host at once.
const AT_ONCE: u64 = 16;

struct Send {
    operation: u64,
    datagram: Datagram,
    /// What its last part had, which is what is reported.
    length: usize,
    _charges: [Charge; 2],
}

struct Datagram {
    bytes: Vec<u8>,
    to: SocketAddr,
}

pub(crate) struct Datagrams<W: Wasi> {
    // In the order in which WASI wants them dropped: what comes of something goes before it.
    departures_ready: Option<W::Pollable>,
    arrivals_ready: Option<W::Pollable>,
    departures: Option<W::Departures>,
    arrivals: Option<W::Arrivals>,
    socket: W::Udp,
    family: AddressFamily,
    bound: bool,
    peer: Option<SocketAddr>,
    reuse_address: u32,
    /// The parts of a datagram of which more follows.
    assembling: Vec<u8>,
    sends: VecDeque<Send>,
    receives: Receives,
    ahead: VecDeque<Incoming>,
    watches: Watches,
}

/// The longest datagram, in bytes.
fn longest(family: AddressFamily) -> usize {
    match family {
        AddressFamily::Inet => 65_507,
        AddressFamily::Inet6 => 65_527,
    }
}

impl<W: Wasi> Datagrams<W> {
    pub(crate) fn create(wasi: &W, family: AddressFamily) -> Result<Self, TransportError> {
        Ok(Datagrams {
            departures_ready: None,
            arrivals_ready: None,
            departures: None,
            arrivals: None,
            socket: wasi.create_udp(family)?,
            family,
            bound: false,
            peer: None,
            reuse_address: 0,
            assembling: Vec::new(),
            sends: VecDeque::new(),
            receives: Receives::default(),
            ahead: VecDeque::new(),
            watches: Watches::default(),
        })
    }

    pub(crate) fn bind(&mut self, wasi: &W, local: SocketAddr) -> Result<(), TransportError> {
        if self.bound || !self.family.has(local) {
            return Err(TransportError::InvalidArgument);
        }
        let socket = &self.socket;
        wasi.start_bind_udp(socket, local)?;
        settle(
            wasi,
            || wasi.subscribe_udp(socket),
            || wasi.finish_bind_udp(socket),
        )?;
        self.bound = true;
        Ok(())
    }

    fn open(&mut self, wasi: &W) -> Result<(), TransportError> {
        if self.departures.is_some() {
            return Ok(());
        }
        if !self.bound {
            let any = match self.family {
                AddressFamily::Inet => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                AddressFamily::Inet6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            };
            self.bind(wasi, SocketAddr::new(any, 0))?;
        }
        let (arrivals, departures) = wasi.datagrams(&self.socket)?;
        self.arrivals = Some(arrivals);
        self.departures = Some(departures);
        Ok(())
    }

    pub(crate) fn connect(
        &mut self,
        wasi: &W,
        peer: SocketAddr,
    ) -> Result<Started, TransportError> {
        if peer.ip().is_unspecified() {
            self.peer = None;
            return Ok(Started::Done(0));
        }
        if !self.family.has(peer) {
            return Err(TransportError::InvalidArgument);
        }
        if peer.ip() == IpAddr::V4(Ipv4Addr::BROADCAST) {
            return Err(TransportError::NeedsBroadcast);
        }
        self.open(wasi)?;
        self.peer = Some(peer);
        self.ahead.retain(|(_, source)| *source == peer);
        Ok(Started::Done(0))
    }

    pub(crate) fn has(&self, operation: u64) -> bool {
        self.operations().any(|known| known == operation)
    }

    fn operations(&self) -> impl Iterator<Item = u64> {
        let sends = self.sends.iter().map(|send| send.operation);
        sends
            .chain(self.receives.operations())
            .chain(self.watches.operations())
    }

    pub(crate) fn is_active(&self) -> bool {
        !self.sends.is_empty() || !self.receives.is_empty() || !self.watches.is_empty()
    }

    // What is sent.

    fn write(&mut self, wasi: &W, datagram: &Datagram) -> Result<(), TransportError> {
        self.open(wasi)?;
        let departures = self.departures.as_ref().ok_or(TransportError::Other)?;
        let mut permit = wasi.check_send(departures)?;
        if permit == 0 {
            let ready = self
                .departures_ready
                .get_or_insert_with(|| wasi.subscribe_departures(departures));
            if wasi.is_ready(ready) {
                permit = wasi.check_send(departures)?;
            }
        }
        if permit > 0 && wasi.send(departures, &datagram.bytes, datagram.to)? {
            return Ok(());
        }
        Err(TransportError::WouldBlock)
    }

    /// The datagram that a send completes; none if more of it follows.
    fn assemble(
        &mut self,
        payload: &Payload,
        flags: SendFlags,
        to: Option<SocketAddr>,
    ) -> Result<Option<Datagram>, TransportError> {
        payload.check()?;
        if flags.contains(SendFlags::URGENT) {
            return Err(TransportError::NotSupported);
        }
        let to = to.or(self.peer).ok_or(TransportError::NotConnected)?;
        if !self.family.has(to) {
            return Err(TransportError::InvalidArgument);
        }
        let bytes = payload.as_slice();
        if self.assembling.len() + bytes.len() > longest(self.family) {
            self.assembling.clear();
            return Err(TransportError::MessageTooLarge);
        }
        self.assembling.extend_from_slice(bytes);
        if flags.contains(SendFlags::MORE) {
            return Ok(None);
        }
        let bytes = std::mem::take(&mut self.assembling);
        Ok(Some(Datagram { bytes, to }))
    }

    /// Takes the last part back, so that the send can be tried again.
    fn disassemble(&mut self, mut datagram: Datagram, payload: &Payload) {
        let before = datagram.bytes.len() - payload.as_slice().len();
        datagram.bytes.truncate(before);
        self.assembling = datagram.bytes;
    }

    pub(crate) fn try_send(
        &mut self,
        cx: &Context<'_, W>,
        payload: &Payload,
        flags: SendFlags,
        to: Option<SocketAddr>,
    ) -> Result<usize, TransportError> {
        if !self.sends.is_empty() {
            return Err(TransportError::WouldBlock);
        }
        if let Some(datagram) = self.assemble(payload, flags, to)? {
            match self.write(cx.wasi, &datagram) {
                Ok(()) => {}
                Err(TransportError::WouldBlock) => {
                    self.disassemble(datagram, payload);
                    return Err(TransportError::WouldBlock);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(payload.as_slice().len())
    }

    pub(crate) fn start_send(
        &mut self,
        cx: &Context<'_, W>,
        payload: &Payload,
        flags: SendFlags,
        to: Option<SocketAddr>,
        operation: u64,
    ) -> Result<Started, TransportError> {
        let length = payload.as_slice().len();
        let charges = [cx.account.operation()?, payload.charge(cx.account)?];
        let Some(datagram) = self.assemble(payload, flags, to)? else {
            return Ok(Started::Done(length as u64));
        };
        if self.sends.is_empty() {
            match self.write(cx.wasi, &datagram) {
                Ok(()) => return Ok(Started::Done(length as u64)),
                Err(TransportError::WouldBlock) => {}
                Err(error) => return Err(error),
            }
        }
        self.sends.push_back(Send {
            operation,
            datagram,
            length,
            _charges: charges,
        });
        Ok(Started::Pending)
    }

    fn progress_sends(&mut self, cx: &mut Context<'_, W>) {
        while let Some(send) = self.sends.pop_front() {
            match self.write(cx.wasi, &send.datagram) {
                Ok(()) => cx.finish(send.operation, send.length, None),
                Err(TransportError::WouldBlock) => {
                    self.sends.push_front(send);
                    return;
                }
                Err(error) => cx.finish(send.operation, 0, Some(error)),
            }
        }
    }

    fn is_writable(&mut self, wasi: &W) -> bool {
        if !self.sends.is_empty() {
            return false;
        }
        let Some(departures) = &self.departures else {
            return true;
        };
        if wasi.check_send(departures) != Ok(0) {
            return true;
        }
        let ready = self
            .departures_ready
            .get_or_insert_with(|| wasi.subscribe_departures(departures));
        wasi.is_ready(ready) && wasi.check_send(departures) != Ok(0)
    }

    // What is received.

    fn look_ahead(&mut self, wasi: &W) {
        let Some(arrivals) = self.arrivals.as_ref().filter(|_| self.ahead.is_empty()) else {
            return;
        };
        // An error here tells of a datagram that was sent, and nothing of one that arrives.
        let arrived = wasi.receive(arrivals, AT_ONCE).unwrap_or_default();
        let peer = self.peer;
        let heard = arrived.into_iter();
        let heard = heard.filter(|(_, source)| peer.is_none_or(|peer| peer == *source));
        self.ahead.extend(heard);
    }

    fn receive(
        &mut self,
        wasi: &W,
        capacity: usize,
        flags: ReceiveFlags,
    ) -> Result<(Vec<u8>, SocketAddr, bool), TransportError> {
        if flags.contains(ReceiveFlags::URGENT) {
            return Err(TransportError::InvalidArgument);
        }
        self.open(wasi)?;
        self.look_ahead(wasi);
        let next = if flags.contains(ReceiveFlags::PEEK) {
            self.ahead.front().cloned()
        } else {
            self.ahead.pop_front()
        };
        let (mut bytes, source) = next.ok_or(TransportError::WouldBlock)?;
        let truncated = bytes.len() > capacity;
        bytes.truncate(capacity);
        Ok((bytes, source, truncated))
    }

    pub(crate) fn try_receive(
        &mut self,
        cx: &Context<'_, W>,
        room: &Room,
        flags: ReceiveFlags,
    ) -> Result<ReceivedNow, TransportError> {
        room.check()?;
        if !self.receives.is_empty() {
            return Err(TransportError::WouldBlock);
        }
        let (bytes, source, truncated) = self.receive(cx.wasi, room.capacity(), flags)?;
        let length = bytes.len() as u64;
        room.end(bytes);
        Ok(ReceivedNow {
            bytes: length,
            source: Some(source),
            truncated,
        })
    }

    pub(crate) fn start_receive(
        &mut self,
        cx: &Context<'_, W>,
        room: &Room,
        flags: ReceiveFlags,
        operation: u64,
    ) -> Result<ReceiveStarted, TransportError> {
        let charge = cx.account.operation()?;
        match self.try_receive(cx, room, flags) {
            Err(TransportError::WouldBlock) => {}
            Ok(received) => return Ok(ReceiveStarted::Done(received)),
            Err(error) => return Err(error),
        }
        self.receives.push(room, flags, operation, charge);
        Ok(ReceiveStarted::Pending)
    }

    fn progress_receives(&mut self, cx: &mut Context<'_, W>) {
        while let Some(receive) = self.receives.next() {
            match self.receive(cx.wasi, receive.room.capacity(), receive.flags) {
                Err(TransportError::WouldBlock) => {
                    self.receives.put_back(receive);
                    return;
                }
                Ok((bytes, source, truncated)) => {
                    let error = truncated.then_some(TransportError::MessageTooLarge);
                    receive.end(cx, bytes, error, Some(source));
                }
                Err(error) => receive.end(cx, Vec::new(), Some(error), None),
            }
        }
    }

    pub(crate) fn available(&mut self, wasi: &W) -> u64 {
        self.look_ahead(wasi);
        self.ahead
            .front()
            .map_or(0, |(bytes, _)| bytes.len() as u64)
    }

    fn is_readable(&mut self, wasi: &W) -> bool {
        self.look_ahead(wasi);
        !self.ahead.is_empty()
    }

    // Both.

    pub(crate) fn start_watch(
        &mut self,
        cx: &mut Context<'_, W>,
        interest: Interest,
        operation: u64,
    ) -> Result<(), TransportError> {
        self.watches.start(cx, interest, operation)
    }

    pub(crate) fn ready(&mut self, wasi: &W) -> Readiness {
        let mut ready = Readiness::empty();
        ready.set(Readiness::READABLE, self.is_readable(wasi));
        ready.set(Readiness::WRITABLE, self.is_writable(wasi));
        ready
    }

    pub(crate) fn progress(&mut self, cx: &mut Context<'_, W>) {
        self.progress_sends(cx);
        self.progress_receives(cx);
        if !self.watches.is_empty() {
            let mut watches = std::mem::take(&mut self.watches);
            watches.settle(cx, |cx, interest| match interest {
                Interest::Readable => self.is_readable(cx.wasi),
                Interest::Writable | Interest::Drained => self.is_writable(cx.wasi),
                Interest::Urgent => false,
            });
            self.watches = watches;
        }
    }

    /// What tells that there may be something to go on with, and that there may be room, if
    /// somebody waits for it.
    pub(crate) fn pollables<'a>(
        &'a mut self,
        wasi: &W,
        is_sending: bool,
        to: &mut Vec<&'a W::Pollable>,
    ) {
        let writes = [Interest::Writable, Interest::Drained];
        if (is_sending || !self.sends.is_empty() || self.watches.wants(&writes))
            && let Some(departures) = &self.departures
        {
            to.push(
                self.departures_ready
                    .get_or_insert_with(|| wasi.subscribe_departures(departures)),
            );
        }
        if (!self.receives.is_empty() || self.watches.wants(&[Interest::Readable]))
            && let Some(arrivals) = &self.arrivals
        {
            to.push(
                self.arrivals_ready
                    .get_or_insert_with(|| wasi.subscribe_arrivals(arrivals)),
            );
        }
    }

    pub(crate) fn cancel(&mut self, cx: &mut Context<'_, W>, operation: u64) {
        if take(&mut self.sends, |send| send.operation == operation).is_some() {
            cx.finish(operation, 0, Some(TransportError::Cancelled));
        } else if !self.receives.cancel(cx, operation) {
            self.watches.cancel(cx, operation);
        }
    }

    pub(crate) fn cancel_all(&mut self, cx: &mut Context<'_, W>) {
        let operations: Vec<u64> = self.operations().collect();
        for operation in operations {
            self.cancel(cx, operation);
        }
    }

    pub(crate) fn local_address(&self, wasi: &W) -> Result<SocketAddr, TransportError> {
        wasi.local_address_udp(&self.socket)
    }

    pub(crate) fn peer_address(&self) -> Result<SocketAddr, TransportError> {
        self.peer.ok_or(TransportError::NotConnected)
    }

    pub(crate) fn get_option(&self, wasi: &W, name: EndpointOption) -> Result<u32, TransportError> {
        match self.option(name)? {
            Known::Has(setting) => wasi.get_udp(&self.socket, setting),
            Known::Fixed(value) => Ok(value),
            Known::Remembered => Ok(self.reuse_address),
        }
    }

    pub(crate) fn set_option(
        &mut self,
        wasi: &W,
        name: EndpointOption,
        value: u32,
    ) -> Result<(), TransportError> {
        match self.option(name)? {
            Known::Has(setting) => wasi.set_udp(&self.socket, setting, setting.in_range(value)?),
            Known::Fixed(only) if value == only => Ok(()),
            Known::Fixed(_) => Err(TransportError::NotSupported),
            Known::Remembered => {
                self.reuse_address = value;
                Ok(())
            }
        }
    }

    fn option(&self, name: EndpointOption) -> Result<Known, TransportError> {
        use EndpointOption as O;
        if !fits(name, self.family) {
            return Err(TransportError::NotSupported);
        }
        Ok(match name {
            O::HopLimit => Known::Has(Setting::HopLimit),
            O::ReceiveBufferSize => Known::Has(Setting::ReceiveBufferSize),
            O::SendBufferSize => Known::Has(Setting::SendBufferSize),
            O::ReuseAddress => Known::Remembered,
            O::Broadcast | O::TrafficClass | O::PacketInfo | O::ReceiveHopLimit => Known::Fixed(0),
            O::DontFragment => Known::Fixed(0),
            // What systems begin with.
            O::V6Only | O::MulticastHopLimit | O::MulticastLoop => Known::Fixed(1),
            O::KeepAlive
            | O::NoDelay
            | O::OobInline
            | O::KeepAliveIdle
            | O::KeepAliveInterval
            | O::KeepAliveCount => return Err(TransportError::NotSupported),
        })
    }
}

/// How WASI stands to an option that datagram sockets have.
enum Known {
    /// It has it.
    Has(Setting),
    /// It is always so.
    Fixed(u32),
    /// Remembered only, as every host of the interface does.
    Remembered,
}
