//! Comparing payload.

/// Asserts that two byte strings are equal. A failure says where they differ,
/// and does not print megabytes.
pub fn assert_same_bytes(arrived: &[u8], sent: &[u8]) {
    if arrived == sent {
        return;
    }
    let same = arrived
        .iter()
        .zip(sent)
        .take_while(|(arrived, sent)| arrived == sent)
        .count();
    panic!(
        "{} bytes arrived of {}, and they differ from offset {same} on: {:?} instead of {:?}",
        arrived.len(),
        sent.len(),
        arrived.get(same),
        sent.get(same),
    );
}
