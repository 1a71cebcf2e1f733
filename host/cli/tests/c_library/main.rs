//! The C library as C programs use it: compiled by `wsp cc`, run by `wsp run`,
//! over loopback sockets.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "a test fails by panicking, and its modules are its own"
)]

mod programs;
mod servers;
mod support;

use support::{Build, text};

/// The programs of the cases: those of one thread, and those of several.
static CASES: Build = Build::new("cases", &["case.c", "cases.c"]);
static THREADED_CASES: Build = Build::new("threaded_cases", &["case.c", "threaded_cases.c"]);

macro_rules! cases {
    ($($name:ident,)*; with several threads: $($threaded:ident,)*) => {
        /// The conformance cases that are run through the C library.
        mod c {
            $(
                #[test]
                fn $name() {
                    crate::passes(&crate::CASES, stringify!($name));
                }
            )*
            $(
                #[test]
                fn $threaded() {
                    crate::passes(&crate::THREADED_CASES, stringify!($threaded));
                }
            )*
        }

        const NAMES: &[&str] = &[$(stringify!($name),)*];
        const THREADED_NAMES: &[&str] = &[$(stringify!($threaded),)*];
    };
}

cases! {
    c001_startup_agrees_on_version_2_2,
    c002_startup_without_room_for_its_answer_is_a_fault,
    c003_a_version_below_2_2_is_not_supported,
    c005_after_the_last_cleanup_sockets_are_gone,
    c006_four_slots_always_refuse,
    c007_only_an_overlapped_socket_honours_an_overlapped_structure,
    c008_without_an_overlapped_structure_the_call_is_synchronous,
    c010_a_synchronous_send_is_never_pending,
    c011_a_routine_without_an_overlapped_structure_is_ignored,
    c012_an_overlapped_send_pends_on_a_nonblocking_socket_too,
    c013_an_operation_without_an_event_is_polled,
    c014_a_plain_socket_ignores_the_overlapped_structure,
    c017_a_plain_socket_does_not_look_at_the_thread,
    c018_the_result_alone_decides_success,
    c019_invalid_socket_is_not_sock,
    c020_invalid_socket_is_not_sock_before_a_null_count,
    c021_a_closed_socket_is_no_socket,
    c022_a_number_that_is_no_socket_is_not_sock,
    c023_no_count_and_no_overlapped_is_a_fault,
    c025_a_null_array_is_a_fault,
    c026_a_null_buffer_is_a_fault,
    c027_a_null_buffer_after_a_good_one_consumes_nothing,
    c028_a_null_buffer_of_no_length_is_fine,
    c029_an_empty_array_is_invalid,
    c031_a_null_errno_is_not_written,
    c056_without_room_a_nonblocking_send_would_block,
    c066_nothing_sent_on_a_stream_is_nothing_received,
    c069_what_is_pending_was_captured,
    c084_a_stream_ignores_the_address,
    c085_an_address_of_another_family_is_a_fault,
    c088_a_pending_operation_is_in_progress,
    c090_completion_sets_the_event_and_the_fields,
    c092_operations_report_their_own_counts_in_posting_order,
    c095_an_event_that_is_none_is_not_signalled,
    c097_an_event_of_two_operations_is_not_their_result,
    c098_a_structure_can_be_used_again,
    c100_a_routine_is_told_the_outcome_once,
    c102_with_a_routine_the_event_is_the_clients_own,
    c103_the_clients_word_reaches_the_routine,
    c109_an_operation_with_a_routine_can_be_polled,
    c110_a_routine_runs_on_the_thread_that_was_named,
    c115_the_result_can_be_asked_for_again,
    c118_waiting_needs_an_event,
    c119_waiting_for_an_operation_with_a_routine_is_invalid,
    c121_a_null_transfer_count_is_a_fault,
    c123_close_ends_an_operation_with_an_event,
    c125_the_result_of_a_closed_sockets_operation_is_no_socket,
    c136_an_overlapped_send_after_shutdown_indicates_nothing,
    c140_after_a_reset_an_overlapped_send_starts_nothing,
    ; with several threads:
    c063_the_bytes_of_a_call_stay_together,
    c094_a_synchronous_send_does_not_overtake_pending_ones,
    c114_waiting_for_an_operation_ends_with_it,
    c130_a_blocked_send_fails_when_its_socket_is_ended,
}

fn passes(program: &Build, case: &str) {
    let output = program.run(&[case]).output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
}

#[test]
fn every_case_of_the_programs_has_a_test() {
    for (program, names) in [(&CASES, NAMES), (&THREADED_CASES, THREADED_NAMES)] {
        let output = program.run(&[]).output().unwrap();
        let printed = text(&output.stdout);
        assert_eq!(printed.lines().collect::<Vec<_>>(), names);
    }
}

#[test]
fn a_case_that_does_not_exist_fails() {
    let status = CASES.run(&["c000"]).output().unwrap().status;
    assert!(!status.success());
}
