//! The program of the laboratory that sends through the provider.

//!
//! It prints how many allocations it made between its two looks at the clock.

#![no_main]

#[path = "../counting.rs"]
mod counting;
mod work;

use std::{
    cell::Cell, collections::VecDeque, error::Error, net::SocketAddr, rc::Rc, time::Duration,
};

use wasi::clocks::wall_clock;
use wsp_sdk::{
    Event, Overlapped, Socket, SocketOption, Started, Winsock, WsaError, println, sleep_ex,
};

use counting::allocations;
use work::Work;

wsp_sdk::command!(main);

/// Looks at the clock, where the host takes the time. The monotonic one is the portable
/// component's too.
fn now() {
    wall_clock::now();
}

/// Runs what is measured between two looks at the clock.
fn measured<E>(run: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
    let before = allocations();
    now();
    run()?;
    now();
    println!("{}", allocations() - before);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let work = Work::parse(&wasi::cli::environment::get_arguments())?;
    let _winsock = Winsock::startup()?;
    let peer = SocketAddr::V4(work.peer);
    let socket = if work.datagrams {
        Socket::udp(peer)?
    } else {
        Socket::tcp(peer)?
    };
    socket.connect(peer)?;
    if work.no_delay {
        socket.set_option(SocketOption::TcpNodelay(true))?;
    }
    let payload = work.payload();
    let parts: Vec<&[u8]> = payload.chunks(work.bytes / work.parts).collect();
    match (work.outstanding, work.notify.as_str()) {
        (0, _) if work.reply => answered(&socket, &parts, &work)?,
        (0, _) if work.fresh => {
            let other = payload.clone();
            let other: Vec<&[u8]> = other.chunks(work.bytes / work.parts).collect();
            blocking(&socket, [&parts, &other], &work)?;
        }
        (0, _) => blocking(&socket, [&parts, &parts], &work)?,
        (_, "event") => with_events(&socket, &parts, &work)?,
        (_, "routine") => with_routines(socket, &parts, &work)?,
        (_, "poll") => polled(&socket, &parts, &work)?,
        (_, other) => return Err(format!("no notification is called {other}").into()),
    }
    Ok(())
}

/// Sends of which each is answered by as many bytes.
fn answered(socket: &Socket, parts: &[&[u8]], work: &Work) -> Result<(), WsaError> {
    let mut reply = vec![0; work.bytes];
    let mut exchange = || {
        socket.send(parts)?;
        let mut received = 0;
        while received < reply.len() {
            let room = reply.get_mut(received..).unwrap_or_default();
            match socket.recv(room)? {
                0 => return Err(WsaError::ConnReset),
                more => received += more,
            }
        }
        Ok(())
    };
    for _ in 0..work.warm_up {
        exchange()?;
    }
    measured(|| {
        for _ in 0..work.count {
            exchange()?;
            now();
        }
        Ok(())
    })
}

/// Sends the one, then the other, and so on.
fn blocking(socket: &Socket, parts: [&[&[u8]]; 2], work: &Work) -> Result<(), WsaError> {
    for parts in parts.iter().cycle().take(work.warm_up as usize) {
        socket.send(*parts)?;
    }
    measured(|| {
        for parts in parts.iter().cycle().take(work.count as usize) {
            socket.send(*parts)?;
            if work.each {
                now();
            }
        }
        Ok(())
    })
}

/// Sends of which the oldest is waited for before the next is posted. With `each`,
/// every one is waited for, also where it completed at once.
fn with_events(socket: &Socket, parts: &[&[u8]], work: &Work) -> Result<(), WsaError> {
    let slots: Vec<(Event, Overlapped)> = (0..work.outstanding)
        .map(|_| {
            let event = Event::new();
            let overlapped = Overlapped::with_event(&event);
            (event, overlapped)
        })
        .collect();
    let mut outstanding = VecDeque::with_capacity(slots.len());
    let mut free: Vec<usize> = (0..slots.len()).collect();
    let finish = |outstanding: &mut VecDeque<usize>, free: &mut Vec<usize>| {
        if let Some(oldest) = outstanding.pop_front() {
            if let Some((_, overlapped)) = slots.get(oldest) {
                socket.overlapped_result(overlapped, true)?;
            }
            free.push(oldest);
        }
        Ok::<(), WsaError>(())
    };
    let mut run = |count: u32, each: bool| {
        for _ in 0..count {
            if free.is_empty() {
                finish(&mut outstanding, &mut free)?;
            }
            if let Some(slot) = free.pop()
                && let Some((_, overlapped)) = slots.get(slot)
            {
                match socket.send_overlapped(parts, overlapped)? {
                    // Its event is set, and its bytes are known.
                    Started::Done(_) if !each => free.push(slot),
                    Started::Done(_) | Started::Pending => outstanding.push_back(slot),
                }
            }
            if each {
                finish(&mut outstanding, &mut free)?;
                now();
            }
        }
        while !outstanding.is_empty() {
            finish(&mut outstanding, &mut free)?;
        }
        Ok::<(), WsaError>(())
    };
    run(work.warm_up, false)?;
    measured(|| run(work.count, work.each))
}

/// Sends whose routines count them.
fn with_routines(socket: Socket, parts: &[&[u8]], work: &Work) -> Result<(), WsaError> {
    let done = Rc::new(Cell::new(0_u32));
    let overlapped: Vec<Overlapped> = (0..work.outstanding).map(|_| Overlapped::new()).collect();
    let run = |count: u32| {
        done.set(0);
        let mut posted = 0;
        while done.get() < count {
            while posted < count && ((posted - done.get()) as usize) < overlapped.len() {
                let counted = Rc::clone(&done);
                if let Some(overlapped) = overlapped.get(posted as usize % overlapped.len()) {
                    socket.send_with_routine(parts, overlapped, move |_| {
                        counted.set(counted.get() + 1);
                    })?;
                }
                posted += 1;
            }
            sleep_ex(None, true)?;
        }
        Ok::<(), WsaError>(())
    };
    run(work.warm_up)?;
    measured(|| run(work.count))
}

/// Sends whose status is looked at; where it has not changed, others get a turn.
fn polled(socket: &Socket, parts: &[&[u8]], work: &Work) -> Result<(), WsaError> {
    let slots: Vec<Overlapped> = (0..work.outstanding).map(|_| Overlapped::new()).collect();
    let wait = |overlapped: &Overlapped| {
        while overlapped.in_progress() {
            sleep_ex(Some(Duration::ZERO), false)?;
        }
        Ok::<(), WsaError>(())
    };
    let run = |count: u32| {
        for number in 0..count as usize {
            if let Some(overlapped) = slots.get(number % slots.len()) {
                wait(overlapped)?;
                if socket.send_overlapped(parts, overlapped)? == Started::Pending {
                    continue;
                }
            }
        }
        slots.iter().try_for_each(wait)
    };
    run(work.warm_up)?;
    measured(|| run(work.count))
}
