//! Names of records and streams, and what lies by node, in few allocations: plants may have very many nodes.

use std::fmt::Write;

/// Names by the handle of a record. One text holds all of them.
#[derive(Clone, Debug, Default)]
pub struct Names {
    text: String,
    /// Handle, begin and end of the name in the text.
    of: Vec<(i64, usize, usize)>,
}

impl Names {
    /// Names a record; of several names the last holds. [`Names::order`] follows before names are looked up.
    pub(super) fn insert(&mut self, record: i64, name: std::fmt::Arguments) {
        let begin = self.text.len();
        // Writing to a text never fails.
        let _ = self.text.write_fmt(name);
        self.of.push((record, begin, self.text.len()));
    }

    /// Puts the names in order of their records, once all are there.
    pub(super) fn order(&mut self) {
        self.of.sort_by_key(|(record, ..)| *record);
    }

    /// The name of a record. O(log names).
    #[must_use]
    pub fn get(&self, record: i64) -> Option<&str> {
        let behind = self.of.partition_point(|(at, ..)| *at <= record);
        let (at, begin, end) = self.of.get(behind.checked_sub(1)?).copied()?;
        if at == record { self.text.get(begin..end) } else { None }
    }
}

/// Streams that are told apart by the ids of their names.
#[derive(Default)]
pub(super) struct Streams {
    /// Byte offset and id of every stream.
    pub(super) placed: Vec<(i64, u64)>,
    text: String,
    /// Begin of the name of every stream in the text.
    begins: Vec<usize>,
}

impl Streams {
    pub(super) fn insert(&mut self, at: i64, id: u64, entity: &str, purpose: &str, ordinal: u32) {
        self.begins.push(self.text.len());
        self.text.push_str(entity);
        self.text.push(' ');
        self.text.push_str(purpose);
        // Writing to a text never fails.
        let _ = write!(self.text, " {ordinal}");
        self.placed.push((at, id));
    }

    fn name(&self, stream: usize) -> String {
        let begin = self.begins.get(stream).copied().unwrap_or(0);
        let end = self.begins.get(stream + 1).copied().unwrap_or(self.text.len());
        self.text.get(begin..end).unwrap_or_default().to_string()
    }

    /// Names of streams with equal ids, in the order in which they were found. O(streams log streams).
    pub(super) fn collisions(&self) -> Vec<(String, String)> {
        let mut ids: Vec<(u64, usize)> = self.placed.iter().enumerate().map(|(i, (_, id))| (*id, i)).collect();
        ids.sort_unstable();
        let mut equal: Vec<(usize, usize)> = ids
            .windows(2)
            .filter_map(|pair| match pair {
                [(a, first), (b, second)] if a == b => Some((*second, *first)),
                _ => None,
            })
            .collect();
        equal.sort_unstable();
        equal.into_iter().map(|(second, first)| (self.name(first), self.name(second))).collect()
    }
}

/// Things that some nodes have, by the number of the node.
#[derive(Clone, Debug)]
pub struct ByNode<T> {
    list: Vec<Option<T>>,
}

impl<T> Default for ByNode<T> {
    fn default() -> Self {
        Self { list: Vec::new() }
    }
}

impl<T> ByNode<T> {
    /// What a node has.
    #[must_use]
    pub fn get(&self, node: &usize) -> Option<&T> {
        self.list.get(*node)?.as_ref()
    }

    pub(super) fn insert(&mut self, node: usize, thing: T) {
        if self.list.len() <= node {
            self.list.resize_with(node + 1, || None);
        }
        if let Some(place) = self.list.get_mut(node) {
            *place = Some(thing);
        }
    }
}
