//! Where documents and systems differ: which of them a provider follows.

use crate::{Abilities, Provider, SocketType, Transport, WsaError};

bitflags::bitflags! {
    /// What a protocol may be configured to offer: bits of `dwServiceFlags1`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct OptionalServices: u32 {
        /// `XP1_EXPEDITED_DATA`: MSG_OOB sends urgent data (streams).
        const EXPEDITED_DATA = 0x0000_0040;
        /// `XP1_UNI_RECV`: sockets only receive; every send fails with `WSAEOPNOTSUPP`.
        const UNI_RECV = 0x0001_0000;
        /// `XP1_PARTIAL_MESSAGE`: MSG_PARTIAL is accepted. On datagram sockets it
        /// says that more of the same message follows; on streams it means nothing.
        const PARTIAL_MESSAGE = 0x0004_0000;
    }
}

/// What a nonblocking stream send does if it finds too little room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShortRoom {
    /// It consumes what fits (WSPSend, Remarks).
    #[default]
    ConsumePart,
    /// It consumes everything if there is any room, and otherwise nothing, as
    /// desktop Windows does.
    ConsumeAll,
}

/// Which thread runs completion routines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RoutineModel {
    /// The thread that was named, in its alertable wait.
    #[default]
    NamedThread,
    /// Any thread that asks, which stands for the thread that the base provider
    /// of Windows CE creates for each routine.
    AnyThread,
}

/// What [`Provider::configure`] chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// Services of stream sockets.
    pub stream: OptionalServices,
    /// Services of datagram sockets.
    pub datagram: OptionalServices,
    /// What a nonblocking stream send does if it finds too little room.
    pub short_room: ShortRoom,
    /// Which thread runs completion routines.
    pub routines: RoutineModel,
}

impl Default for Configuration {
    /// Expedited data on streams, and what the page says everywhere else.
    fn default() -> Configuration {
        Configuration {
            stream: OptionalServices::EXPEDITED_DATA,
            datagram: OptionalServices::empty(),
            short_room: ShortRoom::default(),
            routines: RoutineModel::default(),
        }
    }
}

impl Configuration {
    pub(crate) fn services(&self, kind: SocketType) -> OptionalServices {
        match kind {
            SocketType::Stream => self.stream,
            SocketType::Datagram => self.datagram,
        }
    }

    /// What cannot be done is not offered, whatever was chosen.
    pub(crate) fn limit_to(&mut self, abilities: Abilities) {
        if !abilities.contains(Abilities::URGENT) {
            self.stream.remove(OptionalServices::EXPEDITED_DATA);
        }
    }
}

impl<T: Transport> Provider<T> {
    /// Chooses where documents and systems differ; before the first
    /// [`Provider::startup`]. What the transport cannot do is not offered, even if it is
    /// chosen; SO_PROTOCOL_INFO tells what is.
    ///
    /// # Errors
    ///
    /// `WSAEINVAL` when started already.
    pub fn configure(&mut self, configuration: Configuration) -> Result<(), WsaError> {
        if self.started() {
            return Err(WsaError::Inval);
        }
        self.configuration = configuration;
        Ok(())
    }
}
