//! `wsp policy explain`.

use std::net::SocketAddr;

use anyhow::Context;
use clap::ValueEnum;
use serde::Serialize;
use wsp::Resolver;
use wsp::policy::{Decision, NamePattern, Policy, Protocol, Request, Target, Usage as Use};

use super::Flags;
use crate::output::{self, UsageError};
use crate::session;

/// The exit status if something is denied.
const DENIED: u8 = 1;

/// Say what a policy decides, by which rule and why
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What is to be reached: tcp://HOST:PORT or udp://HOST:PORT, or a name for --usage=resolve
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<String>,

    /// What is to be done [default: connect for tcp, datagram-to for udp]
    #[arg(long, value_enum)]
    usage: Option<Usage>,

    /// Where it listens, for --usage=accept and datagram-from; the targets are the peers
    #[arg(long, value_name = "TARGET", value_parser = clap::value_parser!(Target))]
    local: Option<Target>,

    /// Print a line of JSON for each decision
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    flags: Flags,
}

const EXAMPLES: &str = "\
Examples:
  wsp policy explain --allow-outbound='tcp://*:443' tcp://192.0.2.1:443 tcp://127.0.0.1:443
  wsp policy explain --policy policy.toml --usage listen tcp://0.0.0.0:8080
  wsp policy explain --policy policy.toml --usage accept --local tcp://127.0.0.1:80 tcp://127.0.0.1:5000
  wsp policy explain --allow-resolve='*.example.com' --usage resolve www.example.com

A target with a name is resolved, and each of its addresses decided on.

The exit status is 0 if everything is allowed, 1 if something is denied
(or would be, with --count-only), and 2 if the question makes no sense.";

/// What is to be done, as `Request::label` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Usage {
    /// Create a socket
    Create,
    /// Bind it to a local address
    Bind,
    /// Bind it to any address and port, as a connect does
    ImplicitBind,
    /// Connect, or set the peer of a datagram socket
    Connect,
    /// Listen on a local address
    Listen,
    /// Take a connection of a peer
    Accept,
    /// Send a datagram
    DatagramTo,
    /// Receive a datagram
    DatagramFrom,
    /// Ask for the addresses of a name
    Resolve,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Explanation<'a> {
    target: &'a str,
    usage: &'static str,
    /// The canonical address that was decided on.
    address: Option<SocketAddr>,
    verdict: &'static str,
    /// The rule that allows or forbids it.
    rule: Option<String>,
    reason: Option<&'static str>,
    explanation: Option<String>,
    range: Option<&'static str>,
    nearest: Option<String>,
    flag: Option<String>,
    toml: Option<String>,
}

impl<'a> Explanation<'a> {
    fn new(target: &'a str, decision: &Decision<'_>) -> Self {
        let denial = decision.denial();
        let remedy = denial.map(|denial| denial.remedy());
        Self {
            target,
            usage: decision.request.label(),
            address: decision.request.address(),
            verdict: decision.label(),
            rule: decision.rule().map(ToString::to_string),
            reason: denial.map(|denial| denial.reason.as_str()),
            explanation: denial.map(|denial| denial.explanation()),
            range: denial.and_then(|denial| Some(denial.special?.as_str())),
            nearest: denial.and_then(|denial| Some(denial.nearest.as_ref()?.to_string())),
            flag: remedy.as_ref().map(|remedy| remedy.flag()),
            toml: remedy.as_ref().map(|remedy| remedy.toml()),
        }
    }

    /// For a person.
    fn print(&self) -> anyhow::Result<()> {
        let (target, usage, verdict) = (self.target, self.usage, self.verdict);
        let mut text = format!("{target}: {usage} is {verdict}");
        if let Some(address) = self.address
            && !target.ends_with(&format!("://{address}"))
        {
            text += &format!(", decided on as {address}");
        }
        let mut add = |name: &str, value: &str| text += &format!("\n  {name}: {value}");
        match (&self.explanation, self.reason) {
            (Some(explanation), Some(reason)) => add("why", &format!("{explanation} ({reason})")),
            _ => add("rule", self.rule.as_deref().unwrap_or("none")),
        }
        if let Some(nearest) = &self.nearest {
            add("nearest rule", nearest);
        }
        if let (Some(flag), Some(toml)) = (&self.flag, &self.toml) {
            let remedy = if self.reason == Some("denied-by-rule") {
                "take away"
            } else {
                "add"
            };
            add(remedy, flag);
            add("or in a file", toml);
        }
        output::line(format_args!("{text}"))
    }
}

pub(crate) async fn execute(arguments: Arguments) -> anyhow::Result<u8> {
    // Whatever goes wrong before there is an answer must not look like a denial.
    let settings = match arguments.flags.settings().await {
        Ok(settings) => settings,
        Err(error) => return Err(UsageError(format!("{error:#}")).into()),
    };
    let (policy, resolver) = (settings.policy, settings.resolver.as_deref());
    let local = match &arguments.local {
        Some(local) => addresses(local, resolver).await?.first().copied(),
        None => None,
    };
    let mut status = 0;
    for target in &arguments.targets {
        for request in requests(target, arguments.usage, local, resolver).await? {
            if !explain(&policy, target, &request, arguments.json)? {
                status = DENIED;
            }
        }
    }
    Ok(status)
}

/// Prints one decision, and returns whether it is allowed without reserve.
fn explain(policy: &Policy, target: &str, request: &Request, json: bool) -> anyhow::Result<bool> {
    let decision = policy.decide(request);
    let explanation = Explanation::new(target, &decision);
    if json {
        output::json_line(&explanation)?;
    } else {
        explanation.print()?;
    }
    Ok(decision.denial().is_none())
}

/// The requests that a target stands for: one for each of its addresses.
async fn requests(
    target: &str,
    usage: Option<Usage>,
    local: Option<SocketAddr>,
    resolver: Option<&dyn Resolver>,
) -> anyhow::Result<Vec<Request>> {
    if usage == Some(Usage::Resolve) {
        return match target.parse() {
            Ok(NamePattern::Exact(name)) => Ok(vec![Request::resolve(name)]),
            Ok(_) | Err(_) => {
                let sentence =
                    format!("bad name {target:?}: write one DNS name, as in example.com");
                Err(UsageError(sentence).into())
            }
        };
    }
    let usage_error = |error: wsp::policy::SyntaxError| UsageError(error.to_string());
    let target: Target = target.parse().map_err(usage_error)?;
    let protocol = target.protocol();
    let usage = usage.unwrap_or(match protocol {
        Protocol::Tcp => Usage::Connect,
        Protocol::Udp => Usage::DatagramTo,
    });
    let addresses = addresses(&target, resolver).await?;
    let requests = addresses.into_iter().map(|address| {
        let usage = match usage {
            Usage::Create => Use::Create,
            Usage::Bind => Use::Bind(address),
            Usage::ImplicitBind => Use::ImplicitBind,
            Usage::Connect => Use::Connect(address),
            Usage::Listen => Use::Listen(address),
            Usage::DatagramTo => Use::DatagramTo(address),
            Usage::DatagramFrom => Use::DatagramFrom {
                local,
                peer: address,
            },
            Usage::Accept => Use::Accept {
                local: local.ok_or_else(|| {
                    UsageError("accepting needs --local, the address that it listens on".into())
                })?,
                peer: address,
            },
            Usage::Resolve => {
                return Err(UsageError("resolving needs a name".into()));
            }
        };
        Ok(Request::socket(protocol, usage))
    });
    Ok(requests.collect::<Result<_, _>>()?)
}

/// The addresses of a target; its failure is one of the question.
async fn addresses(
    target: &Target,
    resolver: Option<&dyn Resolver>,
) -> anyhow::Result<Vec<SocketAddr>> {
    let resolved = match (resolver, target.name()) {
        (Some(resolver), Some(name)) => {
            let answer = resolver.resolve(name).await;
            let answer = answer.context("cannot resolve the host");
            answer.map(|answer| {
                let addresses = answer.addresses.into_iter();
                addresses
                    .map(|address| SocketAddr::new(address, target.port()))
                    .collect()
            })
        }
        _ => session::resolve(target).await,
    };
    let resolved = resolved.with_context(|| target.to_string());
    resolved.map_err(|error| UsageError(format!("{error:#}")).into())
}
