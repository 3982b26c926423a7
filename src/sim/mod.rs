//! Runs of a line: replications, what they measure, and what they say together. Presentation is in
//! [`crate::report`].

pub mod outcome;
