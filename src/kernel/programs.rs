//! Compiled programs that are used again: a program depends on the shapes of a plant only, and every number
//! is data of its arena, so that plants that differ in numbers run the same code.
//!
//! Start at [`Programs::kernel`].

use std::sync::Arc;

use crate::ir::Plant;

use super::engine::{Compiled, Engine, Kernel};

/// Most programs that are kept: those used last.
const KEPT: usize = 32;

/// Programs of one engine by their shapes.
pub struct Programs {
    engine: Engine,
    /// Those used last stand at the end.
    known: Vec<Arc<Compiled>>,
    compiled: u64,
}

impl Programs {
    /// None yet.
    #[must_use]
    pub fn new(engine: Engine) -> Programs {
        Programs { engine, known: Vec::new(), compiled: 0 }
    }

    /// The kernel of a plant. It is compiled only when no program of equal shapes is known.
    ///
    /// # Errors
    /// As [`Kernel::new`].
    pub fn kernel(&mut self, plant: &Plant) -> Result<Kernel, String> {
        let Programs { engine, known, compiled } = self;
        Kernel::by(plant, &mut |shapes| {
            let found = match known.iter().position(|c| c.shapes == *shapes) {
                Some(at) => known.remove(at),
                None => {
                    *compiled = compiled.saturating_add(1);
                    Arc::new(Compiled::new(shapes, *engine)?)
                }
            };
            known.push(Arc::clone(&found));
            if known.len() > KEPT {
                known.remove(0);
            }
            Ok(found)
        })
    }

    /// How many programs were compiled so far.
    #[must_use]
    pub fn compiled(&self) -> u64 {
        self.compiled
    }
}
