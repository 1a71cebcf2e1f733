//! Options of streams: those that WASI has, and those that need nothing done.

use wsp_core::{EndpointOption, TransportError};

use super::Stream;
use crate::options::fits;
use crate::wasi::{Setting, Wasi};

/// How WASI stands to an option.
enum Option {
    /// It has it.
    Has(Setting),
    /// It is always so.
    Fixed(u32),
    /// It is remembered: hosts do by themselves what it asks for.
    Remembered,
    /// A stream has no such option.
    Missing,
}

fn option(option: EndpointOption) -> Option {
    use EndpointOption as O;
    match option {
        O::KeepAlive => Option::Has(Setting::KeepAlive),
        O::KeepAliveIdle => Option::Has(Setting::KeepAliveIdle),
        O::KeepAliveInterval => Option::Has(Setting::KeepAliveInterval),
        O::KeepAliveCount => Option::Has(Setting::KeepAliveCount),
        O::HopLimit => Option::Has(Setting::HopLimit),
        O::ReceiveBufferSize => Option::Has(Setting::ReceiveBufferSize),
        O::SendBufferSize => Option::Has(Setting::SendBufferSize),
        O::ReuseAddress => Option::Remembered,
        O::NoDelay | O::OobInline | O::TrafficClass | O::DontFragment => Option::Fixed(0),
        O::V6Only => Option::Fixed(1),
        O::Broadcast
        | O::MulticastHopLimit
        | O::MulticastLoop
        | O::PacketInfo
        | O::ReceiveHopLimit => Option::Missing,
    }
}

impl<W: Wasi> Stream<W> {
    pub(crate) fn get_option(&self, wasi: &W, name: EndpointOption) -> Result<u32, TransportError> {
        if !fits(name, self.family) {
            return Err(TransportError::NotSupported);
        }
        let set = self.options.iter().find(|(known, _)| *known == name);
        match option(name) {
            Option::Has(setting) => wasi.get(self.socket()?, setting),
            Option::Fixed(value) => Ok(value),
            Option::Remembered => Ok(set.map_or(0, |(_, value)| *value)),
            Option::Missing => Err(TransportError::NotSupported),
        }
    }

    pub(crate) fn set_option(
        &mut self,
        wasi: &W,
        name: EndpointOption,
        value: u32,
    ) -> Result<(), TransportError> {
        if !fits(name, self.family) {
            return Err(TransportError::NotSupported);
        }
        match option(name) {
            Option::Has(setting) => wasi.set(self.socket()?, setting, setting.in_range(value)?)?,
            Option::Fixed(only) if value == only => return Ok(()),
            Option::Remembered => {}
            Option::Fixed(_) | Option::Missing => return Err(TransportError::NotSupported),
        }
        self.options.retain(|(known, _)| *known != name);
        self.options.push((name, value));
        Ok(())
    }
}
