//! WSPEventSelect and WSPEnumNetworkEvents: what must and what may be reported.
//!
//! An event that held for a moment only may be reported or not, which depends on
//! when the provider looked; one that holds now must be.

use wsp_core::NetworkEvents;

use super::{Model, Socket};
use crate::operation::{Setting, Stage};

/// What is known of one kind of event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Enabled {
    #[default]
    No,
    /// It may have been recorded, and then it is not enabled any more.
    Perhaps,
    Yes,
}

#[derive(Clone, Copy, Debug, Default)]
struct Kind {
    selected: bool,
    enabled: Enabled,
    /// It held at some time since it was enabled last.
    held: bool,
    /// It may have been recorded before it was enabled last.
    before: bool,
    /// Its event may have been reset since it was recorded, or nothing needs to
    /// set it before the next call.
    reset: bool,
}

/// What happened on a socket, and what WSPEventSelect selected of it.
#[derive(Debug)]
pub struct Selection {
    pub event: Option<usize>,
    kinds: [(NetworkEvents, Kind); 3],
}

impl Default for Selection {
    fn default() -> Selection {
        let kinds = [
            NetworkEvents::READ,
            NetworkEvents::WRITE,
            NetworkEvents::CLOSE,
        ];
        let enabled = Kind {
            enabled: Enabled::Yes,
            ..Kind::default()
        };
        Selection {
            event: None,
            kinds: kinds.map(|kind| (kind, enabled)),
        }
    }
}

impl Model {
    /// WSPEventSelect: what was reported before is not reported again.
    pub fn select(&mut self, s: usize, event: Option<usize>, selected: NetworkEvents) {
        let socket = &mut self.sockets[s];
        socket.nonblocking = true;
        socket.selection.event = event;
        for (kind, state) in &mut socket.selection.kinds {
            state.selected = event.is_some() && selected.contains(*kind);
            // What is recorded sets the new event.
            state.reset = false;
            if let Some(event) = event
                && state.selected
                && (state.held || state.before)
            {
                self.events[event].uncertain = true;
            }
        }
        self.note(s);
    }

    /// Remembers what holds now.
    pub(super) fn note(&mut self, s: usize) {
        let setting = self.setting;
        let socket = &mut self.sockets[s];
        let Some(event) = socket.selection.event else {
            return;
        };
        let mut kinds = socket.selection.kinds;
        for (kind, state) in &mut kinds {
            state.held |=
                state.selected && state.enabled != Enabled::No && socket.holds(*kind, setting);
            if state.selected && state.held {
                self.events[event].uncertain = true;
            }
        }
        socket.selection.kinds = kinds;
    }

    /// 3.4: a send failed with WSAEWOULDBLOCK.
    pub(super) fn enable_write(&mut self, s: usize) {
        self.enable(s, NetworkEvents::WRITE);
    }

    /// 3.4: a receive was called.
    pub(super) fn enable_read(&mut self, s: usize) {
        self.enable(s, NetworkEvents::READ);
    }

    fn enable(&mut self, s: usize, which: NetworkEvents) {
        for (kind, state) in &mut self.sockets[s].selection.kinds {
            if *kind == which {
                state.before |= state.held;
                *state = Kind {
                    enabled: Enabled::Yes,
                    held: false,
                    reset: false,
                    ..*state
                };
            }
        }
        self.note(s);
    }

    /// What WSPEnumNetworkEvents must and may report.
    pub fn network_events(&self, s: usize) -> (NetworkEvents, NetworkEvents) {
        let mut must = NetworkEvents::empty();
        let mut may = NetworkEvents::empty();
        let socket = &self.sockets[s];
        for (kind, state) in socket.selection.kinds {
            if state.selected {
                let holds = socket.holds(kind, self.setting);
                must.set(kind, state.enabled == Enabled::Yes && holds);
                may.set(kind, state.held || state.before);
            }
        }
        (must, may)
    }

    /// WSPEnumNetworkEvents reported these.
    pub fn enumerated(&mut self, s: usize, reported: NetworkEvents) {
        let setting = self.setting;
        let mut kinds = self.sockets[s].selection.kinds;
        for (kind, state) in &mut kinds {
            if !state.selected {
                continue;
            }
            let holds = self.sockets[s].holds(*kind, setting);
            let was = state.enabled;
            state.enabled = match was {
                Enabled::No => Enabled::No,
                _ if !reported.contains(*kind) => was,
                // What was reported was recorded before, and it has not held since.
                _ if !state.held => was,
                _ if holds && was == Enabled::Yes => Enabled::No,
                _ if !state.before => Enabled::No,
                _ => Enabled::Perhaps,
            };
            state.held = false;
            state.before = false;
        }
        self.sockets[s].selection.kinds = kinds;
        self.note(s);
    }

    /// The event is reset: what was recorded does not set it again.
    pub(super) fn network_event_reset(&mut self, event: usize) {
        for socket in &mut self.sockets {
            if socket.selection.event == Some(event) {
                for (_, state) in &mut socket.selection.kinds {
                    state.reset |= state.held || state.before;
                }
            }
        }
        for s in 0..self.sockets.len() {
            self.note(s);
        }
    }

    /// The event must be set, because network events that are enabled hold.
    pub fn network_events_set(&self, event: usize) -> bool {
        self.setting.watches
            && self.sockets.iter().any(|socket| {
                socket.selection.event == Some(event)
                    && socket.selection.kinds.iter().any(|(kind, state)| {
                        state.selected
                            && state.enabled == Enabled::Yes
                            && !state.reset
                            && socket.holds(*kind, self.setting)
                    })
            })
    }
}

impl Socket {
    fn holds(&self, kind: NetworkEvents, setting: Setting) -> bool {
        if self.datagram {
            // A datagram socket can be used once it is bound.
            let bound = self.stage != Stage::Fresh;
            return kind == NetworkEvents::WRITE && bound && self.has_room(setting);
        }
        if self.stage != Stage::Connected {
            return false;
        }
        let lost = self.lost.is_some();
        let closed = lost || self.peer_ended;
        match kind {
            NetworkEvents::READ => self.incoming > 0 && !lost,
            NetworkEvents::WRITE => self.has_room(setting) && !lost,
            _ => closed,
        }
    }
}
