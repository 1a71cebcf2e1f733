//! `--trace` and `--trace-limit`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use wsp::Settings;
use wsp::quota::Size;
use wsp::trace::TraceFile;

use crate::output;

/// Where a trace goes.
#[derive(clap::Args, Debug)]
pub(crate) struct TraceFlags {
    /// Write what its sockets do to FILE, with the time of every step; `wsp trace` shows it, and so do Perfetto and Chrome
    #[arg(long, value_name = "FILE", env = "WSP_TRACE")]
    trace: Option<PathBuf>,

    /// End the file of --trace at this length (256MiB); what happens later is not in it
    #[arg(long, value_name = "BYTES", requires = "trace")]
    trace_limit: Option<Size>,
}

impl TraceFlags {
    /// Traces from now on if a flag asks for it.
    pub(crate) fn start(&self) -> anyhow::Result<Tracing> {
        let Some(path) = &self.trace else {
            return Ok(Tracing(None));
        };
        let limit = self
            .trace_limit
            .map_or(TraceFile::USUAL_LIMIT, |size| size.0);
        let file = TraceFile::create(path, limit)
            .with_context(|| format!("cannot write the trace {}", path.display()))?;
        Ok(Tracing(Some((file, path.clone()))))
    }
}

/// What is traced, if anything is.
#[derive(Clone)]
pub(crate) struct Tracing(Option<(TraceFile, PathBuf)>);

impl Tracing {
    /// The settings of an instance that is traced.
    pub(crate) fn apply(&self, settings: Settings) -> Settings {
        match &self.0 {
            Some((file, _)) => settings.with_trace(Arc::new(file.clone())),
            None => settings,
        }
    }

    /// Ends the file, and says what is missing in it.
    pub(crate) fn finish(&self) -> anyhow::Result<()> {
        let Some((file, path)) = &self.0 else {
            return Ok(());
        };
        let name = path.display();
        let written = file.finish();
        let written = written.with_context(|| format!("cannot write the trace {name}"))?;
        if written.is_full {
            output::say(format_args!(
                "wsp: the trace {name} ends early, at {}; give it more with --trace-limit",
                Size(written.bytes)
            ));
        }
        if written.lost > 0 {
            output::say(format_args!(
                "wsp: {} events came faster than they could be written, and are not in the trace {name}",
                written.lost
            ));
        }
        Ok(())
    }
}
