//! What holds wherever the semantics run: [`new_host`](super::new_host) says where.

mod bursts;
mod closing;
mod completions;
mod connecting;
mod datagrams;
mod futures_of_operations;
mod handles;
mod hosts;
mod limits;
mod live;
mod moving;
mod policy;
mod quotas;
mod receiving;
mod resets;
mod sending;
mod support;
mod traced;
mod waiting;
mod watching;
