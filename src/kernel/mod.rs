//! (kernel)
