//! Places of buffers that are kept for some of their items: who may come in now.

use super::super::builder::{Builder, V};
use super::super::layout::{buffer, holder, item, node};
use super::super::program::{HostFn, Program, Ty};
use super::super::shape::{BufferShape, NodeShape};
use super::Emit;

impl Emit<'_> {
    /// Whether some buffer keeps places for some of its items.
    pub(super) fn any_kept(&self) -> bool {
        self.shapes.nodes.iter().any(|s| matches!(s, NodeShape::Buffer(s) if s.kept))
    }

    /// Writes finding the first item offered to a node that it has a place for.
    pub(super) fn kept_functions(&mut self, program: &mut Program) -> Result<(), String> {
        if !self.any_kept() {
            return Ok(());
        }
        let (mut b, args) = Builder::new(program, "fitting", &[Ty::Handle], Some(Ty::Handle));
        if let [node] = args[..] {
            let kind = b.load(node, holder::RELEASE);
            b.switch(kind, self.shapes.nodes.len(), |b, k| {
                if let Some(NodeShape::Buffer(s)) = self.shapes.nodes.get(k)
                    && s.kept
                {
                    let found = self.first_with_place(b, s, node, |b, _, free| free_for_it(b, free));
                    b.give(Some(found));
                }
            });
            let head = b.load(node, node::OFFERS);
            b.give(Some(head));
        }
        self.functions.fitting = Some(b.finish()?);
        Ok(())
    }

    /// The first item offered to a node that there is room for: where places are kept, it need not be the first
    /// of all.
    pub(super) fn fitting(&self, b: &mut Builder, node: V) -> V {
        match self.any_kept() {
            true => b.call_for(Self::function(self.functions.fitting), &[node], Ty::Handle),
            false => b.load(node, node::OFFERS),
        }
    }

    /// The places that are free for an item in a buffer; what is kept for others is not.
    pub(super) fn free_for(&self, b: &mut Builder, s: &BufferShape, node: V, item: V) -> V {
        let level = b.load(node, buffer::LEVEL);
        let capacity = b.load(node, buffer::CAPACITY);
        let reserved = b.load(node, buffer::RESERVED);
        let used = b.add(level, reserved);
        let free = b.sub(capacity, used);
        if !s.kept {
            return free;
        }
        let kept = b.host(HostFn::KeptFrom, &[node, item], Ty::Count);
        b.sub(free, kept)
    }

    /// The first item offered to a buffer that keeps places which has one there already, or for which `may` says
    /// so, given the item and the places that are free for it; 0 when there is none.
    pub(super) fn first_with_place(
        &self,
        b: &mut Builder,
        s: &BufferShape,
        node: V,
        mut may: impl FnMut(&mut Builder, V, V) -> V,
    ) -> V {
        let head = b.load(node, node::OFFERS);
        let at = b.var(head);
        b.repeat(|b| {
            let end = b.is_zero(at);
            b.leave_if(end);
            let own = Self::has_place(b, at);
            b.leave_if(own);
            let free = self.free_for(b, s, node, at);
            let fits = may(b, at, free);
            b.leave_if(fits);
            let next = b.load(at, item::OFFER_NEXT);
            b.set(at, next);
        });
        at
    }
}

/// Whether any place is free.
pub(super) fn free_for_it(b: &mut Builder, free: V) -> V {
    let zero = b.count(0);
    b.lt(zero, free)
}
