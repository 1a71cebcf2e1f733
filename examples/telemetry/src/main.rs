//! Runs a program that may reach what one rule says, and prints its OpenTelemetry span, in which
//! every decision is an event: `telemetry tcp://HOST:PORTS PROGRAM.wasm ARGS…`

#![forbid(unsafe_code)]

use std::fs::File;

use anyhow::Context;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_stdout::SpanExporter;
use tracing::{Instrument, Level, info_span};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use wsp::Settings;
use wsp::isolate::{Compiler, Source};
use wsp::policy::Policy;
use wsp::run::Runner;

/// Has spans of this program, and what the audit would tell, sent to OpenTelemetry.
fn subscribe() -> SdkTracerProvider {
    let exporter = SpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter)
        .build();
    let targets = Targets::new()
        .with_target("telemetry", Level::INFO)
        .with_target("wsp::audit", Level::INFO);
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("wsp"));
    tracing_subscriber::registry()
        .with(layer.with_filter(targets))
        .init();
    provider
}

fn main() -> anyhow::Result<()> {
    wsp::isolate::run_if_child(wsp::run::configure);
    let provider = subscribe();
    let runtime = tokio::runtime::Runtime::new()?;
    let ran = runtime.block_on(run());
    provider.shutdown()?;
    ran
}

async fn run() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let rule = arguments.next().context("no rule is named")?;
    let arguments: Vec<String> = arguments.collect();
    let name = arguments.first().context("no program is named")?;
    let file = File::open(name).with_context(|| format!("cannot read {name}"))?;
    let runner = Runner::without_epochs();
    let program = runner
        .compile(&Compiler::new()?, Source::File(file))
        .await?;
    let policy = Policy::deny_all().allow_outbound(rule.parse()?)?;
    let mut settings = Settings::new(policy);
    name.clone_into(&mut settings.tenant);
    let mut wasi = wsp::run::wasi();
    wasi.inherit_stderr().args(&arguments);
    let running = program.run(wasi.build(), settings);
    running.instrument(info_span!("guest")).await?;
    Ok(())
}
