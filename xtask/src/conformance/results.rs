//! What the tests of the cases said.

use std::collections::BTreeMap;

use super::cases::Case;

/// Where a case is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    /// On the core alone, over a simulated network.
    Core,
    /// On the core compiled into the host, over loopback sockets.
    Native,
    /// Through the component, the host and loopback sockets.
    Component,
    /// As there, with a component that copies every list between provider and host.
    Interposed,
    /// As there, with sends whose payload goes past the provider.
    Tickets,
    /// Through the component, the portable component and a host that has WASI alone.
    Portable,
    /// Through the C library, the component, the host and loopback sockets.
    C,
}

impl Column {
    pub(super) const ALL: [Column; 7] = [
        Column::Core,
        Column::Native,
        Column::Component,
        Column::Interposed,
        Column::Tickets,
        Column::Portable,
        Column::C,
    ];

    /// The module of its tests.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Column::Core => "core",
            Column::Native => "native",
            Column::Component => "component",
            Column::Interposed => "interposed",
            Column::Tickets => "tickets",
            Column::Portable => "portable",
            Column::C => "c",
        }
    }
}

/// What became of a case in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Passed,
    Failed,
    /// It has no place there, for the catalog's reason.
    NotApplicable,
    /// It has no test there.
    NotRun,
}

impl Verdict {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::NotApplicable => "n/a",
            Verdict::NotRun => "-",
        }
    }
}

/// The outcome of every test of a case, by column and name.
#[derive(Debug, Default)]
pub(super) struct Results {
    passed: BTreeMap<(Column, String), bool>,
}

impl Results {
    pub(super) fn is_empty(&self) -> bool {
        self.passed.is_empty()
    }

    pub(super) fn of(&self, case: &Case, column: Column) -> Verdict {
        match self.passed.get(&(column, case.test())) {
            Some(true) => Verdict::Passed,
            Some(false) => Verdict::Failed,
            None if case.c_only.is_some() && column != Column::C => Verdict::NotApplicable,
            None if case.not_portable.is_some() && column == Column::Portable => {
                Verdict::NotApplicable
            }
            None => Verdict::NotRun,
        }
    }

    /// Whether the case passes wherever it has to be run.
    pub(super) fn satisfies(&self, case: &Case) -> bool {
        Column::ALL.into_iter().all(|column| {
            let verdict = self.of(case, column);
            let optional = column == Column::C && case.c_only.is_none();
            match verdict {
                Verdict::Passed | Verdict::NotApplicable => true,
                Verdict::NotRun => optional,
                Verdict::Failed => false,
            }
        })
    }
}

/// Reads the lines `test native::c021_… ... ok`.
pub(super) fn parse(printed: &str) -> Results {
    let mut results = Results::default();
    for line in printed.lines() {
        let Some((test, outcome)) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.split_once(" ... "))
        else {
            continue;
        };
        let Some((module, name)) = test.trim().split_once("::") else {
            continue;
        };
        let column = Column::ALL.into_iter().find(|of| of.as_str() == module);
        if let Some(column) = column {
            let passed = outcome.trim() == "ok";
            results.passed.insert((column, name.to_owned()), passed);
        }
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(c_only: Option<&str>) -> Case {
        Case {
            id: "C021".to_owned(),
            name: "a_closed_socket_is_no_socket".to_owned(),
            section: String::new(),
            given: String::new(),
            when: String::new(),
            then: String::new(),
            source: String::new(),
            mark: None,
            c_only: c_only.map(str::to_owned),
            not_portable: None,
        }
    }

    const PRINTED: &str = "running 2 tests\n\
        test native::c021_a_closed_socket_is_no_socket ... ok\n\
        test component::c021_a_closed_socket_is_no_socket ... FAILED\n";

    #[test]
    fn what_the_tests_print_is_read() {
        let results = parse(PRINTED);
        let case = case(None);
        assert_eq!(results.of(&case, Column::Native), Verdict::Passed);
        assert_eq!(results.of(&case, Column::Component), Verdict::Failed);
        assert_eq!(results.of(&case, Column::C), Verdict::NotRun);
        assert!(!results.satisfies(&case));
    }

    #[test]
    fn a_case_that_was_not_run_is_not_satisfied() {
        assert!(!parse("").satisfies(&case(None)));
        assert!(!parse("").satisfies(&case(Some("there are no pointers"))));
        let in_c = parse("test c::c021_a_closed_socket_is_no_socket ... ok\n");
        assert!(in_c.satisfies(&case(Some("there are no pointers"))));
        assert!(!in_c.satisfies(&case(None)));
    }
}
