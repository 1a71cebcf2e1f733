//! `--metrics` and `--metrics-file`.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use tokio::net::TcpListener;
use wsp::Exporter;

use crate::output;

/// Where metrics go.
#[derive(clap::Args)]
pub(crate) struct MetricsFlags {
    /// Serve metrics at http://ADDR:PORT/metrics, for Prometheus, while it runs; port 0 is a free one, which is printed
    #[arg(long, value_name = "ADDR:PORT", env = "WSP_METRICS")]
    metrics: Option<SocketAddr>,

    /// Write the metrics, as Prometheus reads them, to FILE at the end
    #[arg(long, value_name = "FILE", env = "WSP_METRICS_FILE")]
    metrics_file: Option<PathBuf>,
}

impl MetricsFlags {
    /// Counts from now on if a flag asks for it.
    pub(crate) async fn start(&self) -> anyhow::Result<Metrics<'_>> {
        if self.metrics.is_none() && self.metrics_file.is_none() {
            return Ok(Metrics(None));
        }
        let exporter = Exporter::install()?;
        if let Some(address) = self.metrics {
            let listener = TcpListener::bind(address)
                .await
                .with_context(|| format!("cannot serve metrics at {address}"))?;
            let address = listener.local_addr().context("cannot serve metrics")?;
            output::tell(format_args!("wsp: metrics at http://{address}/metrics"));
            tokio::spawn(exporter.clone().serve(listener));
        }
        Ok(Metrics(Some((exporter, self.metrics_file.as_ref()))))
    }
}

/// What is counted.
pub(crate) struct Metrics<'f>(Option<(Exporter, Option<&'f PathBuf>)>);

impl Metrics<'_> {
    /// Writes the file.
    pub(crate) fn write(&self) -> anyhow::Result<()> {
        let Some((exporter, Some(file))) = &self.0 else {
            return Ok(());
        };
        let cannot = || format!("cannot write the metrics to {}", file.display());
        fs::write(file, exporter.render()).with_context(cannot)
    }
}
