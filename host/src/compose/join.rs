//! Components that are linked with each other.

use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, InstantiationArgumentError, NodeId};

use super::{ComposeError, available};
use crate::{one_line, printable};

/// A composition in the making. What is added is linked with what was offered before.
#[derive(Default)]
pub(super) struct Composition {
    graph: CompositionGraph,
    offers: Vec<Offer>,
}

/// An instance with the interfaces that those after it get from it.
struct Offer {
    instance: NodeId,
    interfaces: &'static [&'static str],
}

impl Composition {
    /// Adds a component that those after it get `interfaces` from.
    pub(super) fn offer(
        &mut self,
        name: &str,
        component: &[u8],
        imports: &[String],
        interfaces: &'static [&'static str],
    ) -> Result<(), ComposeError> {
        let instance = self.add(name, component, imports)?;
        self.offers.push(Offer {
            instance,
            interfaces,
        });
        Ok(())
    }

    /// Adds a component that gets what of `imports` is offered.
    pub(super) fn add(
        &mut self,
        name: &str,
        component: &[u8],
        imports: &[String],
    ) -> Result<NodeId, ComposeError> {
        let package = Package::from_bytes(name, None, component, self.graph.types_mut())
            .map_err(|error| ComposeError::Invalid(one_line(&format!("{error:#}"))))?;
        let package = self
            .graph
            .register_package(package)
            .map_err(|error| encoding(&error))?;
        let instance = self.graph.instantiate(package);
        for import in imports {
            let offered = self.offers.iter().find_map(|offer| {
                let interface = available(import, offer.interfaces)?;
                Some((offer.instance, interface))
            });
            if let Some((from, interface)) = offered {
                self.link(instance, import, from, interface)?;
            }
        }
        Ok(instance)
    }

    /// Gives an instance an import, from another's exports.
    pub(super) fn link(
        &mut self,
        instance: NodeId,
        import: &str,
        from: NodeId,
        export: &str,
    ) -> Result<(), ComposeError> {
        let export = self
            .graph
            .alias_instance_export(from, export)
            .map_err(|error| encoding(&error))?;
        self.graph
            .set_instantiation_argument(instance, import, export)
            .map_err(|error| mismatch(import, error))
    }

    /// Exports what an instance exports, as `name`.
    pub(super) fn export(
        &mut self,
        instance: NodeId,
        export: &str,
        name: &str,
    ) -> Result<(), ComposeError> {
        let node = self
            .graph
            .alias_instance_export(instance, export)
            .map_err(|error| encoding(&error))?;
        self.graph
            .export(node, name)
            .map_err(|error| encoding(&error))
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, ComposeError> {
        let composed = self.graph.encode(EncodeOptions::default());
        composed.map_err(|error| ComposeError::Encoding(one_line(&chain(&error))))
    }
}

fn encoding(error: &dyn std::error::Error) -> ComposeError {
    ComposeError::Encoding(one_line(&error.to_string()))
}

fn mismatch(import: &str, error: InstantiationArgumentError) -> ComposeError {
    let mismatch = match error {
        InstantiationArgumentError::ArgumentTypeMismatch { source, .. } => {
            one_line(&format!("{source:#}"))
        }
        other => one_line(&other.to_string()),
    };
    ComposeError::Mismatch {
        import: printable(import),
        mismatch,
    }
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
