//! Runs a sequence on a provider and on the model, and compares.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem;
use std::rc::Rc;

use wsp_core::{
    AddressFamily, CompletionRoutine, Configuration, EventId, Linger, MessageFlags, NetworkEvents,
    OptionalServices, OverlappedId, Provider, RoutineCall, RoutineModel, SendOutcome, SendRequest,
    ShortRoom, SocketAttributes, SocketId, SocketOption, SocketType, TransportError, VERSION,
    Waited, WsaError,
};

use crate::{
    LONGEST, STEP,
    model::{Indication, Model, Sending},
    operation::{How, Operation, Pick, Sequence, Setter, Setting, Stage, Structure},
    wire::{Buffers, Wire, World},
};

/// Threads whose alertable waits run routines.
const THREADS: u8 = 3;

/// Runs `sequence`.
///
/// # Panics
///
/// Where provider and model disagree.
pub fn check(sequence: &Sequence) {
    run(Check::new(sequence.setting), sequence);
}

/// Runs `sequence` twice, with no send in three calls, and with every one.
///
/// # Panics
///
/// Where provider and model disagree, or a send does not answer the same both times.
pub fn check_both_forms(sequence: &Sequence) {
    let [plain, tickets] = [false, true].map(|ticket| {
        let mut check = Check::new(sequence.setting);
        check.ticket = Some(ticket);
        run(check, sequence)
    });
    assert_eq!(plain, tickets, "what the sends answered in either form");
}

/// What the sends answered.
fn run(mut check: Check, sequence: &Sequence) -> Vec<Result<u32, WsaError>> {
    for operation in &sequence.operations {
        check.perform(operation);
    }
    let sent = mem::take(&mut check.sent);
    check.finish();
    sent
}

struct Check {
    provider: Provider<Wire>,
    world: Rc<RefCell<World>>,
    model: Model,
    /// By the numbers that the model uses.
    sockets: Vec<SocketId>,
    events: Vec<EventId>,
    structures: Vec<OverlappedId>,
    /// What the routine with that context does.
    scripts: BTreeMap<u64, Vec<Operation>>,
    contexts: u64,
    sends: usize,
    /// Whether every send goes in three calls, or none; otherwise each says it.
    ticket: Option<bool>,
    /// What the sends answered.
    sent: Vec<Result<u32, WsaError>>,
}

/// The parts of a call that have to do with being overlapped.
#[derive(Default)]
struct Call {
    structure: Option<usize>,
    routine: Option<(u8, u64)>,
}

impl Check {
    fn new(setting: Setting) -> Check {
        let wire = Wire::new(setting);
        let world = Rc::clone(&wire.0);
        let mut provider = Provider::new(wire);
        let mut configuration = Configuration::default();
        if setting.consume_all {
            configuration.short_room = ShortRoom::ConsumeAll;
        }
        if setting.any_thread {
            configuration.routines = RoutineModel::AnyThread;
        }
        if setting.partial_messages {
            configuration.datagram = OptionalServices::PARTIAL_MESSAGE;
        }
        provider.configure(configuration).unwrap();
        provider.startup(VERSION).unwrap();
        Check {
            provider,
            world,
            model: Model::new(setting),
            sockets: Vec::new(),
            events: Vec::new(),
            structures: Vec::new(),
            scripts: BTreeMap::new(),
            contexts: 0,
            sends: 0,
            ticket: None,
            sent: Vec::new(),
        }
    }

    /// Mostly an open socket.
    fn socket(&self, pick: Pick) -> Option<usize> {
        let open = |s: &usize| self.model.sockets[*s].open || pick >= 240;
        choose((0..self.sockets.len()).filter(open).collect(), pick)
    }

    fn event(&self, pick: Pick) -> Option<usize> {
        let there = |e: &usize| !self.model.events[*e].dropped || pick >= 240;
        choose((0..self.events.len()).filter(there).collect(), pick)
    }

    fn structure(&self, pick: Pick) -> Option<usize> {
        let there = |o: &usize| !self.model.structures[*o].dropped;
        choose((0..self.structures.len()).filter(there).collect(), pick)
    }

    /// Lets the provider see what happened before its events are reset, since it
    /// does not look at the time of each.
    fn see(&mut self) {
        self.provider.pump();
        self.model.seen();
    }

    fn new_structure(&mut self, event: Option<usize>) -> usize {
        let event_id = event.map(|event| self.events[event]);
        let structure = self.provider.create_overlapped(event_id);
        self.structures.push(structure);
        self.model.structures.push(crate::model::Structure {
            event,
            latest: None,
            dropped: false,
        });
        self.structures.len() - 1
    }

    fn choose_structure(&mut self, structure: Structure) -> usize {
        let again = match structure {
            Structure::Again(pick) => self.structure(pick),
            Structure::New(_) => None,
        };
        again.unwrap_or_else(|| {
            let event = match structure {
                Structure::New(Some(pick)) => self.event(pick),
                Structure::New(None) | Structure::Again(_) => None,
            };
            self.new_structure(event)
        })
    }

    fn call(&mut self, how: &How) -> Call {
        let (structure, routine) = match how {
            How::Plain => (None, None),
            How::LoneRoutine => (None, Some((0, &[][..]))),
            How::Overlapped(structure) => (Some(*structure), None),
            How::Routine {
                structure,
                thread,
                script,
            } => (Some(*structure), Some((*thread, &script[..]))),
        };
        let structure = structure.map(|structure| self.choose_structure(structure));
        if let Some(event) = structure.and_then(|o| self.model.structures[o].event)
            && self.model.events[event].late
        {
            self.see();
        }
        let routine = routine.map(|(thread, script)| {
            self.contexts += 1;
            self.scripts.insert(self.contexts, script.to_vec());
            (thread, self.contexts)
        });
        Call { structure, routine }
    }

    fn ids(&self, call: &Call) -> (Option<OverlappedId>, Option<CompletionRoutine>) {
        let structure = call.structure.map(|structure| self.structures[structure]);
        let routine = call.routine.map(|(thread, context)| CompletionRoutine {
            thread_id: thread.into(),
            context,
        });
        (structure, routine)
    }

    fn perform(&mut self, operation: &Operation) {
        match operation {
            Operation::Open {
                datagram,
                overlapped,
                nonblocking,
                stage,
            } => self.open(*datagram, *overlapped, *nonblocking, *stage),
            Operation::Send { .. } => self.send(operation),
            Operation::Receive { s, room, how } => self.receive(*s, *room, how),
            Operation::PeerReads { .. }
            | Operation::PeerSends { .. }
            | Operation::PeerEnds { .. }
            | Operation::Fails { .. } => self.peer(operation),
            Operation::CreateEvent
            | Operation::SetEvent { .. }
            | Operation::ResetEvent { .. }
            | Operation::DropEvent { .. }
            | Operation::DropOverlapped { .. } => self.object(operation),
            Operation::Wait {
                events,
                all,
                steps,
                alertable,
            } => self.wait(events, *all, *steps, *alertable),
            Operation::Result { s, o, wait } => self.result(*s, *o, *wait),
            Operation::Look => self.look(),
            Operation::Cancel { s, o } => self.cancel(*s, *o),
            Operation::Shutdown { .. }
            | Operation::Close { .. }
            | Operation::DropSocket { .. }
            | Operation::Restart => self.ending(operation),
            Operation::Set { s, setter } => self.set(*s, *setter),
            Operation::Select {
                s,
                e,
                read,
                write,
                close,
            } => self.select(*s, *e, [*read, *write, *close]),
            Operation::Enumerate { s, reset } => self.enumerate(*s, *reset),
            Operation::Ready { s } => self.looks_ready(*s),
        }
    }

    fn open(&mut self, datagram: bool, overlapped: bool, nonblocking: bool, stage: Stage) {
        let open = self.model.sockets.iter().filter(|socket| socket.open);
        if open.count() >= 5 {
            return;
        }
        let stage = match stage {
            Stage::Listening | Stage::Connecting if datagram => Stage::Fresh,
            other => other,
        };
        let kind = if datagram {
            SocketType::Datagram
        } else {
            SocketType::Stream
        };
        let attributes = SocketAttributes { overlapped };
        let s = self
            .provider
            .socket(AddressFamily::Inet, kind, attributes)
            .unwrap();
        self.sockets.push(s);
        self.model.open(datagram, overlapped, stage);
        let local = "127.0.0.1:5000".parse().unwrap();
        let peer = "127.0.0.1:9".parse().unwrap();
        match stage {
            Stage::Fresh => {}
            Stage::Bound => self.provider.bind(s, local).unwrap(),
            Stage::Listening => {
                self.provider.bind(s, local).unwrap();
                self.provider.listen(s, 0).unwrap();
            }
            Stage::Connecting => {
                self.provider.set_nonblocking(s, true).unwrap();
                self.world.borrow_mut().hold_connects = true;
                let connected = self.provider.connect(s, peer);
                assert_eq!(connected, Err(WsaError::WouldBlock));
                self.world.borrow_mut().hold_connects = false;
            }
            Stage::Connected => self.provider.connect(s, peer).unwrap(),
        }
        self.provider.set_nonblocking(s, nonblocking).unwrap();
        let s = self.sockets.len() - 1;
        self.model.set_nonblocking(s, nonblocking).unwrap();
    }

    fn send(&mut self, operation: &Operation) {
        let Operation::Send {
            s,
            parts,
            too_long,
            flags,
            to,
            how,
            lacks,
            ticket,
        } = operation
        else {
            return;
        };
        let Some(s) = self.socket(*s) else { return };
        let too_long = *too_long && self.model.sockets[s].datagram;
        let buffers = self.buffers(parts, too_long);
        let call = self.call(how);
        let data = buffers.concat();
        let sending = Sending {
            s,
            count: buffers.len(),
            data: &data,
            flags: *flags,
            to: *to,
            structure: call.structure,
            routine: call.routine,
            lacks: lacks.map(WsaError::from),
        };
        let ticket = self.ticket.unwrap_or(*ticket) && !self.model.tells_when_it_is_seen();
        let expected = if ticket {
            // The provider does not see what happens while the payload goes past it.
            self.model.outside(|model| model.send(&sending))
        } else {
            self.model.send(&sending)
        };
        let (overlapped, routine) = self.ids(&call);
        self.world.borrow_mut().fail_next_send = *lacks;
        let id = self.sockets[s];
        let to = to.then(|| "127.0.0.1:10".parse().unwrap());
        let answer = match (ticket, to) {
            (true, to) => {
                let request = SendRequest {
                    parts: u32::try_from(buffers.len()).unwrap(),
                    total_length: data.len() as u64,
                    flags: *flags,
                    to,
                    overlapped,
                    routine,
                };
                self.send_with_ticket(id, &buffers, request)
            }
            (false, Some(_)) => self
                .provider
                .send_to(id, &buffers, *flags, to, overlapped, routine),
            (false, None) => self
                .provider
                .send(id, &buffers, *flags, overlapped, routine),
        };
        self.world.borrow_mut().fail_next_send = None;
        if answer != expected.answer {
            let or = expected.or.map(Err);
            assert_eq!(Some(answer), or, "not {:?}", expected.answer);
        }
        self.sent.push(answer);
        if self.ticket.is_some() {
            // What ended meanwhile would be indicated in another order, which no document says.
            self.see();
        }
    }

    /// What a program's library does.
    fn send_with_ticket(
        &mut self,
        s: SocketId,
        buffers: &Buffers,
        request: SendRequest,
    ) -> Result<u32, WsaError> {
        let ticket = self.provider.begin_send(s, request)?;
        let timeout = self.provider.send_timeout(s);
        let endpoint = self.provider.endpoint(s)?;
        let outcome = Wire(Rc::clone(&self.world)).send(endpoint, buffers, ticket, timeout);
        match outcome {
            SendOutcome::Done(bytes) if ticket.silent => Ok(u32::try_from(bytes).unwrap()),
            SendOutcome::Pending if ticket.accepted => Err(WsaError::IoPending),
            outcome => self.provider.end_send(s, ticket.operation, outcome),
        }
    }

    /// Every send has bytes of its own.
    fn buffers(&mut self, parts: &[u8], too_long: bool) -> Buffers {
        self.sends += 1;
        let mut next = self.sends * 37;
        let mut part = |length: usize| {
            let bytes = (next..next + length).map(|byte| (byte % 251) as u8);
            next += length;
            bytes.collect()
        };
        let mut buffers: Buffers = Vec::new();
        if too_long {
            buffers.push(part(LONGEST + 1));
        }
        buffers.extend(parts.iter().map(|length| part(usize::from(*length))));
        buffers
    }

    fn receive(&mut self, s: Pick, room: u8, how: &How) {
        let Some(s) = self.socket(s) else { return };
        if self.model.sockets[s].datagram {
            return;
        }
        let call = self.call(how);
        let room = usize::from(room);
        let expected = self.model.receive(s, room, call.structure, call.routine);
        let (structure, routine) = self.ids(&call);
        let none = MessageFlags::empty();
        let answer = self
            .provider
            .receive(self.sockets[s], &room, none, structure, routine);
        let answer = answer.map(|received| received.transfer.bytes);
        assert_eq!(answer, expected);
    }

    /// What happens outside; the provider is not asked.
    fn peer(&mut self, operation: &Operation) {
        if matches!(operation, Operation::Fails { .. }) && self.model.something_unseen() {
            self.see();
        }
        let world = Rc::clone(&self.world);
        let mut world = world.borrow_mut();
        match *operation {
            Operation::PeerReads { s, most } => {
                let Some(s) = self.socket(s) else { return };
                let most = usize::from(most);
                world.peer_reads(s, most);
                self.model.outside(|model| model.peer_reads(s, most));
            }
            Operation::PeerSends { s, bytes } => {
                let Some(s) = self.stream(s) else { return };
                world.peer_sends(s, bytes.into());
                self.model
                    .outside(|model| model.peer_sends(s, bytes.into()));
            }
            Operation::PeerEnds { s } => {
                let Some(s) = self.stream(s) else { return };
                world.peer_ends(s);
                self.model.outside(|model| model.peer_ends(s));
            }
            Operation::Fails { s, error, later } => {
                let Some(s) = self.stream(s) else { return };
                let code = lost(error);
                if let Some(steps) = later {
                    world.fails_later = Some((steps.into(), s, error));
                    self.model.fails_later(steps.into(), s, code);
                } else {
                    world.fails(s, error);
                    self.model.outside(|model| model.fails(s, code));
                }
            }
            _ => {}
        }
    }

    /// A stream that is connected.
    fn stream(&self, pick: Pick) -> Option<usize> {
        self.socket(pick).filter(|s| {
            let socket = &self.model.sockets[*s];
            socket.open && !socket.datagram && socket.stage == Stage::Connected
        })
    }

    fn object(&mut self, operation: &Operation) {
        match *operation {
            Operation::CreateEvent => {
                self.events.push(self.provider.create_event());
                self.model.events.push(crate::model::Event::default());
            }
            Operation::SetEvent { e } => {
                let Some(e) = self.event(e) else { return };
                self.provider.set_event(self.events[e]);
                self.model.set_event(e);
            }
            Operation::ResetEvent { e } => {
                let Some(e) = self.event(e) else { return };
                self.see();
                self.provider.reset_event(self.events[e]);
                self.model.reset_event(e);
            }
            Operation::DropEvent { e } => {
                let Some(e) = self.event(e) else { return };
                self.provider.drop_event(self.events[e]);
                self.model.events[e].dropped = true;
            }
            Operation::DropOverlapped { o } => {
                let Some(o) = self.structure(o) else { return };
                self.provider.drop_overlapped(self.structures[o]);
                self.model.structures[o].dropped = true;
            }
            _ => {}
        }
    }

    fn wait(&mut self, events: &[Pick], all: bool, steps: u8, alertable: Option<u8>) {
        let picked = events.iter().filter_map(|pick| self.event(*pick));
        let events: Vec<usize> = picked.filter(|e| !self.by_network_events(*e)).collect();
        let timeout = Some(u32::from(steps) * u32::try_from(STEP).unwrap());
        let thread = alertable.map(u32::from);
        let expected = self.model.wait(&events, all, steps.into(), alertable);
        let answer = if events.is_empty() {
            self.provider.sleep_ex(timeout, thread)
        } else {
            let ids: Vec<EventId> = events.iter().map(|e| self.events[*e]).collect();
            self.provider.wait_for_events(&ids, all, timeout, thread)
        };
        self.model.seen();
        assert!(
            expected.contains(&answer),
            "a wait answered {answer:?}, not one of {expected:?}"
        );
        if let (Ok(Waited::IoCompletion), Some(thread)) = (answer, alertable) {
            assert!(self.run_routines(thread) > 0, "no routine was ready");
        }
    }

    /// Network events set it at times that the model does not tell.
    fn by_network_events(&self, e: usize) -> bool {
        self.model.events[e].uncertain
            || self
                .model
                .sockets
                .iter()
                .any(|socket| socket.selection.event == Some(e))
    }

    /// What an alertable wait does: all routines that may run, one after the
    /// other. Returns how many.
    fn run_routines(&mut self, thread: u8) -> usize {
        let mut run = 0;
        while let Some(call) = self.next_completion(thread) {
            run += 1;
            let script = self.scripts.remove(&call.context).unwrap();
            for operation in &script {
                self.perform(operation);
            }
            self.returned(call);
        }
        run
    }

    /// Hands a routine out, and finds it in the model.
    fn next_completion(&mut self, thread: u8) -> Option<RoutineCall> {
        let call = self.provider.next_completion(thread.into());
        self.model.seen();
        let ready = self.model.ready(thread);
        let Some(call) = call else {
            assert_eq!(ready, [0; 0], "a routine was not handed out");
            return None;
        };
        let with_context = |operation: &&usize| {
            matches!(
                self.model.accepted[**operation].indication,
                Indication::Routine { context, .. } if context == call.context
            )
        };
        let operation = *ready
            .iter()
            .find(with_context)
            .unwrap_or_else(|| panic!("a routine that may not run: {call:?}"));
        let accepted = &mut self.model.accepted[operation];
        let (error, transferred) = accepted.end.unwrap();
        let expected = RoutineCall {
            socket: self.sockets[accepted.s],
            error,
            transferred,
            flags: MessageFlags::empty(),
            context: call.context,
        };
        assert_eq!(call, expected);
        accepted.indicated = true;
        self.model.sockets[accepted.s].routine_runs = true;
        Some(call)
    }

    fn returned(&mut self, call: RoutineCall) {
        self.provider.routine_returned(call.socket);
        let s = self.sockets.iter().position(|id| *id == call.socket);
        self.model.sockets[s.unwrap()].routine_runs = false;
    }

    fn result(&mut self, s: Pick, o: Pick, wait: bool) {
        let (Some(s), Some(o)) = (self.socket(s), self.structure(o)) else {
            return;
        };
        let expected = self.model.result(s, o, wait);
        let answer = self
            .provider
            .get_overlapped_result(self.sockets[s], self.structures[o], wait);
        if let Ok(transfer) = answer {
            assert_eq!(transfer.flags, MessageFlags::empty());
        }
        assert_eq!(answer.map(|transfer| transfer.bytes), expected);
    }

    fn look(&mut self) {
        for (o, structure) in self.structures.iter().enumerate() {
            if !self.model.structures[o].dropped {
                let status = self.provider.overlapped_status(*structure);
                assert_eq!(status, self.model.status(o), "structure {o}");
            }
        }
        self.model.seen();
        for (e, id) in self.events.iter().enumerate() {
            let set = self.provider.event_is_set(*id);
            let event = self.model.events[e];
            if event.dropped {
                assert!(!set, "event {e} was dropped");
            } else if event.set || self.model.network_events_set(e) {
                assert!(set, "event {e} was not set");
            } else if !event.uncertain {
                assert!(!set, "event {e} was set");
            }
        }
    }

    fn cancel(&mut self, s: Pick, o: Option<Pick>) {
        let Some(s) = self.socket(s) else { return };
        let o = match o {
            None => None,
            Some(pick) => match self.structure(pick) {
                None => return,
                there => there,
            },
        };
        let expected = self.model.cancel(s, o);
        let structure = o.map(|o| self.structures[o]);
        let answer = self.provider.cancel_io_ex(self.sockets[s], structure);
        assert_eq!(answer, expected);
    }

    fn ending(&mut self, operation: &Operation) {
        match *operation {
            Operation::Shutdown { s, how } => {
                let Some(s) = self.socket(s) else { return };
                let (expected, or) = self.model.shutdown(s);
                let answer = self.provider.shutdown(self.sockets[s], how);
                if answer != expected {
                    assert_eq!(Some(answer), or.map(Err), "not {expected:?}");
                }
                if answer.is_ok() {
                    self.model.is_shut_down(s, how);
                }
            }
            Operation::Close { s } => {
                let Some(s) = self.socket(s) else { return };
                let expected = self.model.close(s);
                assert_eq!(self.provider.close_socket(self.sockets[s]), expected);
            }
            Operation::DropSocket { s } => {
                let Some(s) = self.socket(s) else { return };
                self.model.release(s, false);
                self.provider.drop_socket(self.sockets[s]);
            }
            Operation::Restart => {
                for s in 0..self.sockets.len() {
                    self.model.release(s, false);
                }
                self.provider.cleanup().unwrap();
                self.provider.startup(VERSION).unwrap();
            }
            _ => {}
        }
    }

    fn set(&mut self, s: Pick, setter: Setter) {
        let Some(s) = self.socket(s) else { return };
        let id = self.sockets[s];
        let open = self.model.sockets[s].open;
        let there = if open { Ok(()) } else { Err(WsaError::NotSock) };
        let milliseconds = |steps: u8| u32::from(steps) * u32::try_from(STEP).unwrap();
        let socket = &mut self.model.sockets[s];
        let (answer, expected) = match setter {
            Setter::Nonblocking(on) => (
                self.provider.set_nonblocking(id, on),
                self.model.set_nonblocking(s, on),
            ),
            Setter::Linger(seconds) => {
                let linger = Linger(seconds);
                (
                    self.provider.set_option(id, SocketOption::Linger(linger)),
                    self.model.set_linger(s, linger),
                )
            }
            Setter::SendTimeout(steps) => {
                socket.send_timeout = steps.into();
                let option = SocketOption::SndTimeo(milliseconds(steps));
                (self.provider.set_option(id, option), there)
            }
            Setter::ReceiveTimeout(steps) => {
                socket.receive_timeout = steps.into();
                let option = SocketOption::RcvTimeo(milliseconds(steps));
                (self.provider.set_option(id, option), there)
            }
            Setter::DontRoute(on) => {
                socket.dont_route = on;
                (
                    self.provider.set_option(id, SocketOption::DontRoute(on)),
                    there,
                )
            }
        };
        assert_eq!(answer, expected);
    }

    fn select(&mut self, s: Pick, e: Pick, [read, write, close]: [bool; 3]) {
        let (Some(s), Some(e)) = (self.socket(s), self.event(e)) else {
            return;
        };
        let mut events = NetworkEvents::empty();
        events.set(NetworkEvents::READ, read);
        events.set(NetworkEvents::WRITE, write);
        events.set(NetworkEvents::CLOSE, close);
        let expected = if self.model.sockets[s].open {
            self.model
                .select(s, (!events.is_empty()).then_some(e), events);
            Ok(())
        } else {
            Err(WsaError::NotSock)
        };
        let event = Some(self.events[e]);
        let answer = self.provider.event_select(self.sockets[s], event, events);
        assert_eq!(answer, expected);
    }

    fn enumerate(&mut self, s: Pick, reset: bool) {
        let Some(s) = self.socket(s) else { return };
        self.see();
        let event = self.model.sockets[s].selection.event.filter(|_| reset);
        let (must, may) = self.model.network_events(s);
        let id = event.map(|event| self.events[event]);
        let answer = self.provider.enum_network_events(self.sockets[s], id);
        if !self.model.sockets[s].open {
            assert_eq!(answer, Err(WsaError::NotSock));
            return;
        }
        let recorded = answer.unwrap();
        assert!(
            recorded.events.contains(must) && may.contains(recorded.events),
            "reported {:?}; must be {must:?}, may be {may:?}",
            recorded.events
        );
        self.model.enumerated(s, recorded.events);
        if let Some(event) = event {
            self.model.reset_event(event);
        }
    }

    fn looks_ready(&mut self, s: Pick) {
        let Some(s) = self.socket(s) else { return };
        let expected = self.model.looks_ready(s);
        let id = [self.sockets[s]];
        let answer = self.provider.select(&id, &id, &[], Some(0));
        let answer = answer.map(|found| (found.read == [0], found.write == [0]));
        assert_eq!(answer, expected);
    }

    /// Everything is closed, read and indicated: then nothing is left over.
    fn finish(mut self) {
        for s in 0..self.sockets.len() {
            self.model.release(s, false);
            self.provider.drop_socket(self.sockets[s]);
        }
        for s in 0..self.sockets.len() {
            loop {
                let before = self.counts(s);
                self.world.borrow_mut().peer_reads(s, usize::MAX);
                self.model.peer_reads(s, usize::MAX);
                if self.counts(s) == before {
                    break;
                }
            }
        }
        self.see();
        for thread in 0..THREADS {
            while let Some(call) = self.next_completion(thread) {
                self.returned(call);
            }
        }
        self.look();
        self.compare_peers();
        for accepted in &self.model.accepted {
            assert!(accepted.end.is_some(), "{accepted:?} did not end");
            if matches!(accepted.indication, Indication::Routine { .. }) {
                assert!(accepted.indicated, "{accepted:?} did not indicate");
            }
        }
        assert_eq!(
            self.provider.outstanding(),
            0,
            "the provider has something left"
        );
        let world = self.world.borrow();
        assert_eq!(world.open_endpoints(), 0, "endpoints are left");
        assert_eq!(world.under_way(), 0, "operations are left");
    }

    fn counts(&self, s: usize) -> (usize, usize) {
        let world = self.world.borrow();
        let (stream, messages) = world.read(s);
        (stream.len(), messages.len())
    }

    /// What the peers got: the accepted sends, in order, as counted.
    fn compare_peers(&self) {
        let world = self.world.borrow();
        for (s, socket) in self.model.sockets.iter().enumerate() {
            let (stream, messages) = world.read(s);
            assert_eq!(stream, socket.stream, "the stream of socket {s}");
            assert_eq!(messages, socket.messages, "the datagrams of socket {s}");
            assert_eq!(world.ended(s), socket.ended, "the end of socket {s}");
        }
    }
}

fn choose(among: Vec<usize>, pick: Pick) -> Option<usize> {
    let count = among.len().max(1);
    among.get(usize::from(pick) % count).copied()
}

/// 3.7 and 2.2, step 11: what a lost connection is called.
fn lost(error: TransportError) -> WsaError {
    match error {
        TransportError::ConnectionReset => WsaError::ConnReset,
        TransportError::KeepAliveFailed => WsaError::NetReset,
        _ => WsaError::ConnAborted,
    }
}
