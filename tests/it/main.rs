//! The one test binary. Each file here holds one subject.

mod analysis_capacity;
mod analysis_deadlock;
mod analysis_pages;
mod bad_input;
mod breakdowns;
mod check_schema;
mod cli;
mod engines;
mod error_pages;
mod exact_lines;
mod kernel_smoke;
mod layers;
mod published;
mod report;
mod runtime_distributions;
mod runtime_random;
mod runtime_statistics;
mod sim_lockup;
mod sim_pages;
mod sim_plants;
mod sim_runs;
mod syntax;
mod syntax_corpus;
mod syntax_errors;
mod syntax_grammar;
mod syntax_soup;
