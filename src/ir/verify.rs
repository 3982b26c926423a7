//! Verifier of a plant.
