//! What a program is given, whether it is recorded or replayed.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};
use wasmtime_wasi::WasiCtxBuilder;

use super::format::Header;
use crate::run;

/// Arguments, variables and random numbers.
pub(super) struct Given<'a>(&'a Header);

impl Given<'_> {
    pub(super) fn of(header: &Header) -> Given<'_> {
        Given(header)
    }

    pub(super) fn wasi(&self) -> WasiCtxBuilder {
        let Given(header) = self;
        let mut seeds = StdRng::from_seed(header.seed);
        let mut seed = [0; 16];
        seeds.fill_bytes(&mut seed);
        let mut wasi = run::wasi();
        wasi.args(&header.arguments)
            .envs(&header.variables)
            .insecure_random_seed(u128::from_le_bytes(seed))
            .insecure_random(StdRng::from_rng(&mut seeds))
            .secure_random(StdRng::from_rng(&mut seeds));
        wasi
    }
}

/// The SHA-256 of the provider that programs are composed with.
pub(super) fn provider() -> [u8; 32] {
    Sha256::digest(wsp_provider::COMPONENT).into()
}
