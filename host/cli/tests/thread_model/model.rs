//! What threads, their objects and their locks do, as their documentation says: whose turn it is
//! the model leaves open, and takes from what was printed.

use std::collections::VecDeque;

pub const OBJECTS: usize = 8;

/// One step of a thread: a letter and two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub letter: u8,
    pub number: usize,
    pub other: usize,
}

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// One of the objects, or all of them.
    Objects {
        first: usize,
        second: usize,
        all: bool,
    },
    Section,
    /// The variable, and then the section.
    Variable,
    /// The slim lock.
    Alone,
    Shared,
    /// A function.
    Functions,
    /// The end of a thread.
    Thread(usize),
}

#[derive(Clone, Debug, Default)]
struct Thread {
    /// The step that has begun and not ended.
    step: Option<Step>,
    wait: Option<Wait>,
    /// The result of a wait that has ended; `None` for what is found out when the step ends.
    granted: Option<u8>,
    suspended: u32,
    ended: bool,
    inside: u32,
    shares: bool,
    alone: bool,
    functions: u8,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mutex {
    owner: Option<usize>,
    depth: u32,
    abandoned: bool,
}

/// The state of everything.
#[derive(Debug)]
pub struct Model {
    threads: Vec<Thread>,
    /// Those that wait, in the order in which they began to.
    waiting: VecDeque<usize>,
    mutexes: [Mutex; 2],
    counts: [u32; 2],
    events: [bool; 4],
    section: Option<usize>,
    lock_alone: Option<usize>,
    lock_shared: u32,
}

impl Model {
    pub fn new(threads: usize) -> Model {
        Model {
            threads: vec![Thread::default(); threads],
            waiting: VecDeque::new(),
            mutexes: [Mutex::default(); 2],
            counts: [0, 1],
            events: [false; 4],
            section: None,
            lock_alone: None,
            lock_shared: 0,
        }
    }

    /// Whether a thread can be told to run.
    fn runs(&self, thread: usize) -> Result<(), String> {
        let state = &self.threads[thread];
        if state.ended || state.suspended > 0 {
            return Err(format!(
                "thread {thread} runs, but it has ended or is suspended"
            ));
        }
        Ok(())
    }

    /// A thread begins a step.
    pub fn begins(&mut self, thread: usize, step: Step) -> Result<(), String> {
        self.runs(thread)?;
        if self.threads[thread].step.is_some() {
            return Err(format!(
                "thread {thread} begins, but its step before has not ended"
            ));
        }
        self.threads[thread].step = Some(step);
        let Step {
            letter,
            number,
            other,
        } = step;
        match letter {
            b'w' => self.waits(
                thread,
                Wait::Objects {
                    first: number,
                    second: number,
                    all: false,
                },
            ),
            b'o' | b'a' => {
                let all = letter == b'a';
                self.waits(
                    thread,
                    Wait::Objects {
                        first: number,
                        second: other,
                        all,
                    },
                );
            }
            // What is there is taken before anybody else has a turn.
            b'p' => {
                self.threads[thread].granted = self.take(thread, number, number, false);
            }
            b't' => self.threads[thread].granted = self.tries(thread),
            b'c' => self.waits(thread, Wait::Section),
            b'v' if self.threads[thread].inside == 1 => {
                self.threads[thread].inside = 0;
                self.leave_section();
                self.waits(thread, Wait::Variable);
            }
            b'x' if !self.has_lock(thread) => self.waits(thread, Wait::Alone),
            b'h' if !self.has_lock(thread) => self.waits(thread, Wait::Shared),
            b'z' => self.waits(thread, Wait::Functions),
            b'j' if number != thread => self.waits(thread, Wait::Thread(number)),
            b'e' => self.ends_thread(thread),
            // The others do it now, or when they end.
            b's' | b'r' | b'l' | b'n' | b'N' | b'f' | b'q' | b'u' | b'm' => {
                let result = self.does(thread, step);
                self.threads[thread].granted = Some(result);
            }
            _ => {}
        }
        Ok(())
    }

    /// A thread ends its step with this result.
    pub fn ends(&mut self, thread: usize, result: u8) -> Result<(), String> {
        self.runs(thread)?;
        let Some(step) = self.threads[thread].step.take() else {
            return Err(format!("thread {thread} ends a step that it has not begun"));
        };
        if self.threads[thread].wait.is_some() && !self.acquires(thread) {
            return Err(format!(
                "thread {thread} runs on, but what it waits for is not there"
            ));
        }
        let expected = match (self.threads[thread].granted.take(), step.letter) {
            (Some(granted), _) => granted,
            (None, b'p') => self.polls(thread, step.number),
            (None, b't') => self.tries(thread).unwrap_or(7),
            (None, b'y') => 0,
            (None, _) => 9,
        };
        if result != expected {
            return Err(format!(
                "thread {thread}: {}{}{} is {result}, and not {expected}",
                char::from(step.letter),
                step.number,
                step.other
            ));
        }
        Ok(())
    }

    /// A thread has no steps left.
    pub fn is_through(&mut self, thread: usize) {
        if !self.threads[thread].ended {
            self.ends_thread(thread);
        }
    }

    /// Nobody can run any more: so nobody may be left who could.
    pub fn is_quiet(&mut self) -> Result<(), String> {
        let alone = |state: &Thread| state.wait == Some(Wait::Alone);
        let wanted_alone = self.threads.iter().any(alone);
        // One that was woken to enter and is suspended since keeps the others waiting.
        let held = |state: &Thread| state.suspended > 0 && state.wait == Some(Wait::Section);
        let held = self.threads.iter().any(held);
        for thread in 0..self.threads.len() {
            let state = &self.threads[thread];
            if state.ended || state.suspended > 0 {
                continue;
            }
            // Who wants the lock alone goes first.
            if (wanted_alone && state.wait == Some(Wait::Shared))
                || (held && state.wait == Some(Wait::Section))
            {
                continue;
            }
            if state.wait.is_none() || self.acquires(thread) {
                return Err(format!("thread {thread} could run, and does not"));
            }
        }
        Ok(())
    }

    fn has_lock(&self, thread: usize) -> bool {
        self.threads[thread].alone || self.threads[thread].shares
    }

    fn waits(&mut self, thread: usize, wait: Wait) {
        self.threads[thread].wait = Some(wait);
        if !self.grant(thread) {
            self.waiting.push_back(thread);
        }
    }

    /// What is handed over at once, if it is there: objects, and functions.
    fn grant(&mut self, thread: usize) -> bool {
        let Some(wait) = self.threads[thread].wait else {
            return false;
        };
        let granted = match wait {
            Wait::Objects { first, second, all } => self.take(thread, first, second, all),
            Wait::Functions if self.threads[thread].functions > 0 => Some(0),
            Wait::Thread(other) if self.threads[other].ended => Some(0),
            _ => None,
        };
        let Some(granted) = granted else {
            return false;
        };
        // Functions that are queued until it runs, run as well.
        if wait != Wait::Functions {
            self.threads[thread].granted = Some(granted);
            self.threads[thread].wait = None;
        }
        wait != Wait::Functions
    }

    /// Hands over what was signalled, in the order of the waits.
    fn hand_over(&mut self) {
        let mut position = 0;
        while let Some(thread) = self.waiting.get(position).copied() {
            if self.grant(thread) {
                self.waiting.remove(position);
            } else {
                position += 1;
            }
        }
    }

    /// Whether a thread that runs on has got, or can take, what it waits for.
    fn acquires(&mut self, thread: usize) -> bool {
        let Some(wait) = self.threads[thread].wait else {
            return true;
        };
        let free = self.section.is_none_or(|owner| owner == thread);
        let result = match wait {
            Wait::Section if free => {
                self.section = Some(thread);
                self.threads[thread].inside += 1;
                0
            }
            Wait::Alone if self.lock_alone.is_none() && self.lock_shared == 0 => {
                self.lock_alone = Some(thread);
                self.threads[thread].alone = true;
                0
            }
            Wait::Shared if self.lock_alone.is_none() => {
                self.lock_shared += 1;
                self.threads[thread].shares = true;
                0
            }
            Wait::Functions if self.threads[thread].functions > 0 => {
                std::mem::take(&mut self.threads[thread].functions)
            }
            _ => return false,
        };
        self.waiting.retain(|other| *other != thread);
        self.threads[thread].wait = None;
        self.threads[thread].granted = Some(result);
        true
    }

    fn signalled(&self, thread: usize, object: usize) -> bool {
        match object {
            0 | 1 => self.mutexes[object]
                .owner
                .is_none_or(|owner| owner == thread),
            2 | 3 => self.counts[object - 2] > 0,
            _ => self.events[object - 4],
        }
    }

    /// Takes one object; whether it was an abandoned mutex.
    fn take_one(&mut self, thread: usize, object: usize) -> bool {
        match object {
            0 | 1 => {
                let mutex = &mut self.mutexes[object];
                mutex.owner = Some(thread);
                mutex.depth += 1;
                std::mem::take(&mut mutex.abandoned)
            }
            2 | 3 => {
                self.counts[object - 2] -= 1;
                false
            }
            _ => {
                // The last two are manual.
                self.events[object - 4] = object >= 6;
                false
            }
        }
    }

    /// The result of a wait that is over.
    fn take(&mut self, thread: usize, first: usize, second: usize, all: bool) -> Option<u8> {
        let single = first == second && !all;
        if all {
            if !self.signalled(thread, first) || !self.signalled(thread, second) {
                return None;
            }
            let abandoned = self.take_one(thread, first) | self.take_one(thread, second);
            return Some(if abandoned { 8 } else { 0 });
        }
        for (position, object) in (0..).zip([first, second]) {
            if self.signalled(thread, object) {
                let abandoned = self.take_one(thread, object);
                return Some(match (abandoned, single) {
                    (true, true) => 8,
                    (true, false) => 4 + position,
                    (false, _) => position,
                });
            }
        }
        None
    }

    fn polls(&mut self, thread: usize, object: usize) -> u8 {
        self.take(thread, object, object, false).unwrap_or(7)
    }

    /// Enters the section, unless somebody else is inside.
    fn tries(&mut self, thread: usize) -> Option<u8> {
        if self.section.is_some_and(|owner| owner != thread) {
            return None;
        }
        self.section = Some(thread);
        self.threads[thread].inside += 1;
        Some(0)
    }

    fn leave_section(&mut self) {
        self.section = None;
    }

    /// A step that waits for nothing.
    fn does(&mut self, thread: usize, step: Step) -> u8 {
        let Step { letter, number, .. } = step;
        match (letter, number) {
            (b's', 0 | 1) => {
                let mutex = &mut self.mutexes[number];
                if mutex.owner != Some(thread) {
                    return 9;
                }
                mutex.depth -= 1;
                if mutex.depth == 0 {
                    mutex.owner = None;
                    self.hand_over();
                }
            }
            (b's', 2 | 3) => {
                if self.counts[number - 2] == 3 {
                    return 9;
                }
                self.counts[number - 2] += 1;
                self.hand_over();
            }
            (b's', _) => {
                self.events[number - 4] = true;
                self.hand_over();
            }
            (b'r', 4..) => self.events[number - 4] = false,
            (b'l', _) if self.threads[thread].inside > 0 => {
                self.threads[thread].inside -= 1;
                if self.threads[thread].inside == 0 {
                    self.leave_section();
                }
            }
            (b'n' | b'N', _) => self.wake_variable(letter == b'N'),
            (b'f', _) if self.has_lock(thread) => {
                if self.threads[thread].alone {
                    self.lock_alone = None;
                } else {
                    self.lock_shared -= 1;
                }
                self.threads[thread].alone = false;
                self.threads[thread].shares = false;
            }
            (b'q', _) => {
                if self.threads[number].ended {
                    return 9;
                }
                self.threads[number].functions += 1;
            }
            (b'u', _) => {
                if number == thread {
                    return 9;
                }
                if self.threads[number].ended {
                    return 8;
                }
                self.threads[number].suspended += 1;
            }
            (b'm', _) => {
                let suspended = &mut self.threads[number].suspended;
                *suspended = suspended.saturating_sub(1);
            }
            _ => return 9,
        }
        0
    }

    fn wake_variable(&mut self, all: bool) {
        let woken: Vec<usize> = self
            .waiting
            .iter()
            .copied()
            .filter(|thread| self.threads[*thread].wait == Some(Wait::Variable))
            .take(if all { usize::MAX } else { 1 })
            .collect();
        for thread in woken {
            self.threads[thread].wait = Some(Wait::Section);
        }
    }

    fn ends_thread(&mut self, thread: usize) {
        let state = &mut self.threads[thread];
        state.ended = true;
        state.step = None;
        state.wait = None;
        for mutex in &mut self.mutexes {
            if mutex.owner == Some(thread) {
                *mutex = Mutex {
                    abandoned: true,
                    ..Mutex::default()
                };
            }
        }
        self.hand_over();
    }
}
