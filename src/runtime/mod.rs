//! Layer 2. What a running model is made of and native code shares: random streams and variates,
//! histograms and sums. It knows neither the plant IR nor the language.
//!
//! Start reading at [`random`], then [`distributions`]. Everything here is pure arithmetic on words and
//! floats with the same bits on every machine: logarithms and exponentials come from the `libm` crate,
//! never from the platform, and no multiplication is fused with an addition.

pub mod distributions;
pub mod histogram;
pub mod random;
pub mod special;
pub mod statistics;
pub mod variates;
pub mod ziggurat;
