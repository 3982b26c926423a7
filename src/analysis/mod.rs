//! (analysis)
