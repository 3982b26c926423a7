//! The one test binary. Each file here holds one subject.

mod kernel_smoke;
mod runtime_distributions;
mod runtime_random;
mod runtime_statistics;
mod syntax;
mod syntax_corpus;
mod syntax_errors;
mod syntax_grammar;
mod syntax_soup;
