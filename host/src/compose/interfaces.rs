//! What a component imports and exports.

use serde::{Deserialize, Serialize};
use wasmparser::types::Types;
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use super::{ComposeError, OF_THE_PROVIDER, available, bounds, footprint, invalid};
use crate::quota::{Limits, Size};

/// The names of what a component imports and exports, and what its instances need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interfaces {
    imports: Vec<String>,
    exports: Vec<String>,
    asynchronous: bool,
    instance_bytes: u64,
}

/// The instances of a program alone take more memory than its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "its instances take {instances} bytes without their linear memories, which is more than the limit of {}",
    Size(*.limit as u64)
)]
pub struct InstancesTooLarge {
    /// Bytes, as [`Interfaces::instance_bytes`] estimates them.
    pub instances: u64,
    /// Bytes, as [`Limits::memory_bytes`] has them.
    pub limit: usize,
}

impl Interfaces {
    /// What the component's core instances take outside of their linear memories and
    /// tables, which [`Limits::memory_bytes`] counts as they grow: an upper estimate in
    /// bytes, from the globals, functions and imports of each and how often it is
    /// instantiated; [`u64::MAX`] for what has no bound.
    #[must_use]
    pub fn instance_bytes(&self) -> u64 {
        self.instance_bytes
    }

    /// `limits` with the memory that the instances take subtracted.
    ///
    /// # Errors
    ///
    /// [`InstancesTooLarge`] when they take more than there is.
    pub fn leave_room(&self, mut limits: Limits) -> Result<Limits, InstancesTooLarge> {
        if let Some(limit) = limits.memory_bytes {
            let instances = usize::try_from(self.instance_bytes).ok();
            let left = instances.and_then(|instances| limit.checked_sub(instances));
            limits.memory_bytes = Some(left.ok_or(InstancesTooLarge {
                instances: self.instance_bytes,
                limit,
            })?);
        }
        Ok(limits)
    }

    /// The imports, such as `wasi:io/streams@0.2.6`.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.imports
    }

    /// The exports, such as `wasi:cli/run@0.2.6`.
    #[must_use]
    pub fn exports(&self) -> &[String] {
        &self.exports
    }

    /// Whether it imports something that the provider component exports.
    #[must_use]
    pub fn needs_provider(&self) -> bool {
        self.imports
            .iter()
            .any(|import| available(import, &OF_THE_PROVIDER).is_some())
    }

    /// Whether it uses the component model's async features. Every other
    /// component runs on an engine without them, which is faster.
    #[must_use]
    pub fn is_asynchronous(&self) -> bool {
        self.asynchronous
    }
}

/// Reads what a component imports and exports, and checks that it is valid.
///
/// # Errors
///
/// [`ComposeError`] when `bytes` is not a component or a damaged one, or larger than
/// [`MAXIMUM_BYTES`](super::MAXIMUM_BYTES), or nested deeper than
/// [`MAXIMUM_NESTING`](super::MAXIMUM_NESTING).
pub fn inspect(bytes: &[u8]) -> Result<Interfaces, ComposeError> {
    validate(bytes).map(|(interfaces, _)| interfaces)
}

/// The same, with the types of what is imported and exported.
pub(super) fn validate(bytes: &[u8]) -> Result<(Interfaces, Types), ComposeError> {
    if Parser::is_core_wasm(bytes) {
        return Err(ComposeError::CoreModule);
    }
    if !Parser::is_component(bytes) {
        return Err(ComposeError::NotWasm);
    }
    bounds::check(bytes)?;
    let features = WasmFeatures::default() | WasmFeatures::CM_ASYNC;
    let validate = |features| Validator::new_with_features(features).validate_all(bytes);
    let types = validate(features).map_err(invalid)?;
    let mut interfaces = Interfaces {
        imports: Vec::new(),
        exports: Vec::new(),
        asynchronous: validate(features - WasmFeatures::CM_ASYNC).is_err(),
        instance_bytes: footprint::estimate(bytes).map_err(invalid)?,
    };

    // Components nest; only the outermost one's imports and exports count.
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(invalid)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    interfaces
                        .imports
                        .push(import.map_err(invalid)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    interfaces
                        .exports
                        .push(export.map_err(invalid)?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok((interfaces, types))
}
