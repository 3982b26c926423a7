//! Text dump of a plant.
