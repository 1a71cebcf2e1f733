//! Why a stream failed, from the words of hosts.

use wsp_core::TransportError;

use crate::wasi::StreamError;

/// What each host calls it, in small letters.
const WORDS: [(&str, TransportError); 5] = [
    ("timed", TransportError::TimedOut),
    ("timeout", TransportError::TimedOut),
    ("abort", TransportError::ConnectionAborted),
    ("unreachable", TransportError::HostUnreachable),
    ("network is down", TransportError::NetworkDown),
];

/// The stable part of WASI has no code for it, and what is not stable must not be imported:
/// hosts refuse a component that does. Most lost connections were reset.
pub(crate) fn cause(error: &StreamError) -> TransportError {
    let StreamError::Failed(text) = error else {
        return TransportError::ConnectionReset;
    };
    let text = text.to_lowercase();
    let found = WORDS.iter().find(|(word, _)| text.contains(word));
    found.map_or(TransportError::ConnectionReset, |(_, error)| *error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_hosts_say_why_a_stream_failed() {
        let cause = |text: &str| cause(&StreamError::Failed(text.to_owned()));
        assert_eq!(cause("ErrorCode::Timeout"), TransportError::TimedOut);
        assert_eq!(
            cause("Connection timed out (os error 110)"),
            TransportError::TimedOut
        );
        assert_eq!(cause("read ECONNRESET"), TransportError::ConnectionReset);
        assert_eq!(
            cause("ErrorCode::ConnectionAborted"),
            TransportError::ConnectionAborted
        );
        assert_eq!(cause("RemoteUnreachable"), TransportError::HostUnreachable);
    }

    #[test]
    fn an_output_that_is_closed_was_reset() {
        assert_eq!(cause(&StreamError::Closed), TransportError::ConnectionReset);
    }
}
