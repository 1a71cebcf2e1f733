//! Looking for a seed with which something goes wrong.

use super::report::Report;
use super::run::SimulationError;
use super::{Chance, Simulation};

/// A seed with which something goes wrong.
#[derive(Debug)]
#[non_exhaustive]
pub struct Found {
    /// The seed.
    pub seed: u64,
    /// The same simulation, with as little left to chance as it takes for the same failure.
    pub simulation: Simulation,
    /// How it ended.
    pub report: Report,
    /// How many runs it took.
    pub runs: u64,
}

impl Simulation {
    /// Runs the simulation with one seed after the other until something goes wrong, and then
    /// without one after the other of what is left to chance, as long as the same goes wrong.
    /// `progress` is told how many runs there were. It blocks its thread.
    ///
    /// # Errors
    ///
    /// As [`Simulation::run`].
    pub fn find(
        &self,
        seeds: impl IntoIterator<Item = u64>,
        mut progress: impl FnMut(u64),
    ) -> Result<Option<Found>, SimulationError> {
        let mut runs = 0;
        for seed in seeds {
            let report = self.run(seed)?;
            runs += 1;
            progress(runs);
            let Some(failure) = report.failure() else {
                continue;
            };
            let mut found = Found {
                seed,
                simulation: self.clone(),
                report,
                runs,
            };
            for chance in Chance::ALL {
                let mut simpler = found.simulation.clone();
                if !simpler.leaves_to_chance(chance) || !simpler.without.insert(chance) {
                    continue;
                }
                let report = simpler.run(seed)?;
                found.runs += 1;
                progress(found.runs);
                if report.failure().as_ref() == Some(&failure) {
                    (found.simulation, found.report) = (simpler, report);
                }
            }
            return Ok(Some(found));
        }
        Ok(None)
    }

    /// Whether the network leaves that to chance.
    fn leaves_to_chance(&self, chance: Chance) -> bool {
        let (network, faults) = (&self.network, &self.network.faults);
        match chance {
            Chance::Delays => network.delay.low() < network.delay.high(),
            Chance::Segments => network.segment.low() < network.segment.high(),
            Chance::Buffers => {
                network.send_buffer.low() < network.send_buffer.high()
                    || network.receive_buffer.low() < network.receive_buffer.high()
            }
            Chance::Refused => faults.refused > 0.0,
            Chance::Unreachable => faults.unreachable > 0.0,
            Chance::Resets => faults.reset > 0.0,
            Chance::Losses => faults.lost > 0.0,
            Chance::Stalls => faults.stall > 0.0,
            Chance::DatagramsLost => faults.datagram_lost > 0.0,
            Chance::DatagramsLate => faults.datagram_late > 0.0,
            _ => true,
        }
    }
}
