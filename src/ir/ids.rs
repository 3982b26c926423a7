//! Typed indices and the vectors they index.

use std::marker::PhantomData;
use std::ops::Index;

/// An index into one kind of thing.
pub trait Id: Copy {
    /// The id of a position.
    fn new(index: usize) -> Self;
    /// The position of the id.
    fn index(self) -> usize;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);
        impl Id for $name {
            fn new(index: usize) -> Self { Self(u32::try_from(index).unwrap_or(u32::MAX)) }
            fn index(self) -> usize { self.0 as usize }
        }
    )*};
}

ids! {
    /// An item type.
    ItemId;
    /// A source, station, buffer, conveyor or sink.
    NodeId;
    /// A crew, tool or fleet.
    PoolId;
    /// A limit on work in process, or a set of pallets.
    LimitId;
    /// One stop of a route at a station.
    VisitId;
    /// A shift pattern.
    CalendarId;
}

/// A vector indexed by its own kind of id. Ids made by [`IdVec::push`] are always valid for it.
#[derive(Clone, Debug, PartialEq)]
pub struct IdVec<I, T> {
    items: Vec<T>,
    id: PhantomData<I>,
}

impl<I, T> Default for IdVec<I, T> {
    fn default() -> Self {
        Self { items: Vec::new(), id: PhantomData }
    }
}

impl<I: Id, T> IdVec<I, T> {
    /// Adds a thing and returns its id.
    pub fn push(&mut self, value: T) -> I {
        self.items.push(value);
        I::new(self.items.len() - 1)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The thing of an id, if it exists.
    #[must_use]
    pub fn get(&self, id: I) -> Option<&T> {
        self.items.get(id.index())
    }

    /// The thing of an id, to change it.
    pub fn get_mut(&mut self, id: I) -> Option<&mut T> {
        self.items.get_mut(id.index())
    }

    /// All with their ids, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator {
        self.items.iter().enumerate().map(|(i, t)| (I::new(i), t))
    }

    /// All things, in order.
    pub fn values(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// All things, to change them.
    pub fn values_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.items.iter_mut()
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.items.len()).map(I::new)
    }
}

impl<I: Id, T> Index<I> for IdVec<I, T> {
    type Output = T;
    /// Only for ids that came from this vector; the verifier holds this for a whole plant.
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}
