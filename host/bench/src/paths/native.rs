//! Sends without wsp: `sendmsg` itself, and tokio.

use std::io::{IoSlice, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use bytes::Bytes;
use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};
use tokio::io::AsyncWriteExt;

use crate::mark::{Mark, Sample};
use crate::place::receivers::Receivers;
use crate::shape::{Shape, Sink};

/// In bytes.
const PAGE: usize = 4096;

/// `sendmsg` on a blocking socket.
pub(crate) fn system(
    receivers: &Receivers,
    shape: &Shape,
    warm_up: u32,
    count: u32,
) -> anyhow::Result<Sample> {
    let payload = payload(shape);
    let slices = slices(&payload, shape);
    if shape.sink == Sink::Udp {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(receivers.of(shape))?;
        return repeat(socket.as_fd(), &slices, shape, warm_up, count);
    }
    let socket = TcpStream::connect(receivers.of(shape))?;
    socket.set_nodelay(shape.no_delay)?;
    repeat(socket.as_fd(), &slices, shape, warm_up, count)
}

fn repeat(
    socket: BorrowedFd<'_>,
    slices: &[IoSlice<'_>],
    shape: &Shape,
    warm_up: u32,
    count: u32,
) -> anyhow::Result<Sample> {
    for _ in 0..warm_up {
        send(socket, slices, shape.bytes)?;
    }
    let begin = Mark::now();
    for _ in 0..count {
        send(socket, slices, shape.bytes)?;
    }
    Ok(Mark::now().since(&begin, count))
}

/// All of it, however often the system takes only a part.
fn send(socket: BorrowedFd<'_>, slices: &[IoSlice<'_>], total: usize) -> anyhow::Result<()> {
    let mut sent = one_call(socket, slices)?;
    while sent < total {
        let mut rest = slices.to_vec();
        let mut rest = rest.as_mut_slice();
        IoSlice::advance_slices(&mut rest, sent);
        sent += one_call(socket, rest)?;
    }
    Ok(())
}

fn one_call(socket: BorrowedFd<'_>, slices: &[IoSlice<'_>]) -> rustix::io::Result<usize> {
    let mut control = SendAncillaryBuffer::default();
    rustix::io::retry_on_intr(|| sendmsg(socket, slices, &mut control, SendFlags::NOSIGNAL))
}

/// tokio's sockets.
pub(crate) async fn tokio(
    receivers: &Receivers,
    shape: &Shape,
    warm_up: u32,
    count: u32,
) -> anyhow::Result<Sample> {
    let payload = payload(shape);
    if shape.sink == Sink::Udp {
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await?;
        socket.connect(receivers.of(shape)).await?;
        for _ in 0..warm_up {
            socket.send(&payload).await?;
        }
        let begin = Mark::now();
        for _ in 0..count {
            socket.send(&payload).await?;
        }
        return Ok(Mark::now().since(&begin, count));
    }
    let mut socket = tokio::net::TcpStream::connect(receivers.of(shape)).await?;
    socket.set_nodelay(shape.no_delay)?;
    let slices = slices(&payload, shape);
    for _ in 0..warm_up {
        write(&mut socket, &slices, shape.bytes).await?;
    }
    let begin = Mark::now();
    for _ in 0..count {
        write(&mut socket, &slices, shape.bytes).await?;
    }
    Ok(Mark::now().since(&begin, count))
}

async fn write(
    socket: &mut tokio::net::TcpStream,
    slices: &[IoSlice<'_>],
    total: usize,
) -> std::io::Result<()> {
    let mut sent = socket.write_vectored(slices).await?;
    while sent < total {
        let mut rest = slices.to_vec();
        let mut rest = rest.as_mut_slice();
        IoSlice::advance_slices(&mut rest, sent);
        sent += socket.write_vectored(rest).await?;
    }
    Ok(())
}

/// What is sent, from the begin of a page: how long the system copies depends on where
/// its source begins, and the heap would begin it elsewhere in every run.
pub(crate) fn payload(shape: &Shape) -> Bytes {
    let bytes: Vec<u8> = (0..shape.bytes + PAGE).map(|offset| offset as u8).collect();
    let begin = bytes.as_ptr().align_offset(PAGE).min(PAGE);
    Bytes::from(bytes).slice(begin..begin + shape.bytes)
}

fn slices<'a>(payload: &'a [u8], shape: &Shape) -> Vec<IoSlice<'a>> {
    let parts = payload.chunks(shape.part_length());
    parts.map(IoSlice::new).collect()
}

/// The times, in nanoseconds, that a nonblocking socket takes for each send, where
/// `poll` tells when there is room again.
pub(crate) fn latencies(
    receivers: &Receivers,
    shape: &Shape,
    count: u32,
) -> anyhow::Result<Vec<f64>> {
    let payload = payload(shape);
    if shape.reply {
        return replies(receivers, shape, &payload, count);
    }
    let mut socket = TcpStream::connect(receivers.of(shape))?;
    socket.set_nodelay(shape.no_delay)?;
    socket.set_nonblocking(true)?;
    let mut times = Vec::new();
    for _ in 0..count {
        let begin = std::time::Instant::now();
        let mut rest: &[u8] = &payload;
        while !rest.is_empty() {
            match socket.write(rest) {
                Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    wait_for_room(&socket)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        times.push(begin.elapsed().as_secs_f64() * 1e9);
    }
    Ok(times)
}

/// The times from each request to the end of its reply.
fn replies(
    receivers: &Receivers,
    shape: &Shape,
    payload: &[u8],
    count: u32,
) -> anyhow::Result<Vec<f64>> {
    let mut socket = TcpStream::connect(receivers.of(shape))?;
    socket.set_nodelay(shape.no_delay)?;
    let mut reply = vec![0; payload.len()];
    let mut times = Vec::new();
    for _ in 0..count {
        let begin = std::time::Instant::now();
        socket.write_all(payload)?;
        socket.read_exact(&mut reply)?;
        times.push(begin.elapsed().as_secs_f64() * 1e9);
    }
    Ok(times)
}

fn wait_for_room(socket: &TcpStream) -> anyhow::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    let mut descriptors = [PollFd::new(socket, PollFlags::OUT)];
    rustix::io::retry_on_intr(|| poll(&mut descriptors, None))?;
    Ok(())
}
