//! (sema)
