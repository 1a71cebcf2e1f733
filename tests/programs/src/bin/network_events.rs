//! Configures the provider, selects network events, fills a socket until it would
//! block, and waits for room with the event and with `select`.
//!
//! Arguments: ADDRESS:PORT.

#![no_main]

use std::{error::Error, net::SocketAddr, time::Duration};

use wsp_sdk::{
    AddressFamily, Configuration, Event, NetworkEvents, OptionalServices, RoutineModel, ShortRoom,
    Socket, SocketOption, WaitOutcome, Winsock, WsaError, address_to_string, println, select,
    string_to_address, wait_for_any,
};

wsp_sdk::command!(main);

fn main() -> Result<(), Box<dyn Error>> {
    let peer: SocketAddr = wsp_sdk::argument(0, "ADDRESS:PORT")?;
    let text = address_to_string(peer);
    println!(
        "the same address: {}",
        string_to_address(peer, &text)? == peer
    );
    let invalid = string_to_address(AddressFamily::Inet, "nonsense");
    println!("nonsense: {:?}", invalid.err());

    let configuration = Configuration {
        stream: OptionalServices::EXPEDITED_DATA,
        datagram: OptionalServices::empty(),
        short_room: ShortRoom::ConsumeAll,
        routines: RoutineModel::NamedThread,
    };
    Winsock::configure(configuration)?;
    let _winsock = Winsock::startup()?;
    println!(
        "configured too late: {:?}",
        Winsock::configure(configuration).err()
    );

    let socket = Socket::tcp(peer)?;
    // Far less room than a block takes, so the first one stays pending.
    socket.set_option(SocketOption::SoSndbuf(16 * 1024))?;
    socket.connect(peer)?;
    println!("flush: {:?}", socket.flush_sends().err());
    let event = Event::new();
    socket.event_select(Some(&event), NetworkEvents::WRITE | NetworkEvents::CLOSE)?;
    println!("blocking again: {:?}", socket.set_nonblocking(false).err());
    wait_for_any(&[&event], None, false)?;
    let recorded = socket.network_events(Some(&event))?;
    println!("connected: {:?}", recorded.recorded(NetworkEvents::WRITE));

    // Everything is consumed or nothing, so a refusal leaves nothing half sent.
    let block = vec![b'x'; 1024 * 1024];
    let mut sent = 0;
    let refused = loop {
        match socket.send(&[block.as_slice()]) {
            Ok(count) => sent += u64::from(count),
            Err(error) => break error,
        }
    };
    println!("full: {refused:?}, {}", sent % block.len() as u64);
    let found = select(&[], &[&socket], &[], Some(Duration::ZERO))?;
    println!("full: {:?}", found.write);
    println!("event: {}", event.is_set());

    if wait_for_any(&[&event], None, false)? == WaitOutcome::Signalled(0) {
        let recorded = socket.network_events(Some(&event))?;
        println!("room: {:?}", recorded.recorded(NetworkEvents::WRITE));
    }
    let found = select(&[&socket], &[&socket], &[], None)?;
    println!("room: {:?}, {:?}", found.read, found.write);
    println!(
        "no sockets: {:?}",
        select(&[], &[], &[], None).err() == Some(WsaError::Inval)
    );
    socket.send(&[b"the end".as_slice()])?;
    Ok(())
}
