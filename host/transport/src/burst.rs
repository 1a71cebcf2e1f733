//! Bursts: overlapped sends that a program posts before it looks at anything go out together.
//!
//! The first one goes out at once. What follows it on the same endpoint, as the ticket of the
//! provider says, is queued, and goes out in as few system calls as it takes as soon as the
//! program looks: at what has finished, or at anything that could show that it has not. For a
//! program that does not look a task sends it, within about two [`TICK`]s, and closing the
//! socket or ending sends it first.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};

use super::SendOptions;
use super::driver::Driver;
use super::endpoint::Endpoint;
use super::payload::Payload;
use super::pending::Sends;
use super::sending::Turn;
use super::shared::Shared;
use wsp_guard::quota::Limits;
use wsp_guard::sync::lock;

/// How often a task sends what has been waiting for a look.
const TICK: Duration = Duration::from_millis(1);

/// Ticks without a burst after which the task ends.
const IDLE_TICKS: u32 = 100;

/// The longest send that joins a burst, in bytes: what a longer one costs is not the call.
const LONGEST: u64 = 8 << 10;

/// The most bytes of a burst.
const MOST_BYTES: u64 = 64 << 10;

/// The most sends of a burst.
const MOST_SENDS: usize = 256;

/// The most sends that are in bursts before the guest takes what has finished.
const MOST_UNTAKEN: usize = 1024;

/// The part of the quota of operations that bursts may take up: a send that goes out at once
/// takes none.
const PART_OF_QUOTA: usize = 4;

/// The bursts of one guest.
#[derive(Debug)]
pub(crate) struct Bursts {
    is_on: bool,
    /// Sends that were in bursts since the guest last took what has finished, and how many
    /// may be.
    untaken: AtomicUsize,
    most_untaken: usize,
    /// The endpoints with sends that wait for a look, and whether there are any.
    waiting: Mutex<Vec<Arc<Driver<Endpoint>>>>,
    is_waiting: AtomicBool,
    is_ticking: AtomicBool,
}

/// The burst of an endpoint.
#[derive(Debug, Default)]
pub(super) struct Burst {
    /// Sends that wait for a look.
    sends: usize,
    /// Their bytes.
    bytes: u64,
}

impl Burst {
    pub(super) fn is_empty(&self) -> bool {
        self.sends == 0
    }

    fn is_full(&self) -> bool {
        self.sends >= MOST_SENDS || self.bytes >= MOST_BYTES
    }

    /// Nothing waits any more; true if something did.
    fn end(&mut self) -> bool {
        self.bytes = 0;
        mem::take(&mut self.sends) > 0
    }
}

impl Bursts {
    /// None on a runtime of one thread, on which nobody would send for a guest that computes.
    pub(crate) fn new(limits: &Limits, runtime: &Handle) -> Bursts {
        Bursts {
            is_on: runtime.runtime_flavor() != RuntimeFlavor::CurrentThread,
            untaken: AtomicUsize::new(0),
            most_untaken: MOST_UNTAKEN.min(limits.operations / PART_OF_QUOTA),
            waiting: Mutex::default(),
            is_waiting: AtomicBool::new(false),
            is_ticking: AtomicBool::new(false),
        }
    }

    /// None from now on.
    pub(crate) fn turn_off(&mut self) {
        self.is_on = false;
    }

    /// The guest takes what has finished.
    pub(crate) fn taken(&self) {
        self.looked();
        self.untaken.store(0, Ordering::Relaxed);
    }

    /// The guest looks at something: what waits for that goes out. Only calls of the guest say
    /// so, and before they take a lock or hold the policy: each driver that sends has its own
    /// endpoint to itself meanwhile.
    pub(crate) fn looked(&self) {
        if self.is_on {
            self.send();
        }
    }

    /// Sends what waits for a look; true if something did.
    pub(crate) fn send(&self) -> bool {
        if !self.is_waiting.load(Ordering::Acquire) {
            return false;
        }
        let waiting = {
            let mut waiting = lock(&self.waiting);
            self.is_waiting.store(false, Ordering::Release);
            mem::take(&mut *waiting)
        };
        for driver in &waiting {
            driver.with(|endpoint, _| endpoint.send_burst());
        }
        !waiting.is_empty()
    }

    fn wait(&self, driver: &Arc<Driver<Endpoint>>) {
        let mut waiting = lock(&self.waiting);
        waiting.push(Arc::clone(driver));
        self.is_waiting.store(true, Ordering::Release);
    }
}

impl Shared {
    /// Has a task send for a guest that does not look.
    fn tick(self: &Arc<Shared>) {
        if !self.bursts.is_ticking.swap(true, Ordering::AcqRel) {
            self.runtime.spawn(tick(Arc::downgrade(self)));
        }
    }
}

async fn tick(shared: Weak<Shared>) {
    let mut idle = 0;
    loop {
        tokio::time::sleep(TICK).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        let bursts = &shared.bursts;
        idle = if bursts.send() { 0 } else { idle + 1 };
        if idle < IDLE_TICKS {
            continue;
        }
        bursts.is_ticking.store(false, Ordering::Release);
        // What was put there before the guest could see that.
        let is_late = bursts.is_waiting.load(Ordering::Acquire);
        if !is_late || bursts.is_ticking.swap(true, Ordering::AcqRel) {
            return;
        }
        idle = 0;
    }
}

impl Endpoint {
    /// Whether an overlapped send that follows another one waits for a look.
    pub(super) fn joins_burst(
        &self,
        sends: &Sends,
        payload: &Payload<'_>,
        options: SendOptions,
    ) -> bool {
        let bursts = &self.shared.bursts;
        bursts.is_on
            && options.follows
            && options.flags.is_empty()
            && payload.total_length() <= LONGEST
            && (sends.lane.is_empty() || !sends.burst.is_empty())
            && bursts.untaken.load(Ordering::Relaxed) < bursts.most_untaken
            && !self.shared.guard.account().is_paced()
    }

    /// A send was queued that waits for a look. True if no other one may wait with it.
    pub(super) fn waits_for_look(&self, sends: &mut Sends, bytes: u64) -> bool {
        self.shared.bursts.untaken.fetch_add(1, Ordering::Relaxed);
        sends.burst.sends += 1;
        sends.burst.bytes += bytes;
        if sends.burst.sends == 1 {
            self.shared.bursts.wait(&self.driver);
            self.shared.tick();
        }
        sends.burst.is_full()
    }

    /// Sends what waits for a look.
    pub(super) fn send_burst(&self) {
        if !lock(&self.sends).burst.end() {
            return;
        }
        match self.push_sends() {
            Turn::Empty => self.kick_for_room(),
            Turn::Blocked { .. } | Turn::Paced { .. } | Turn::Yield => self.driver.kick(),
        }
    }
}
