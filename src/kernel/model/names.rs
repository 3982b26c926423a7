//! Names of records and streams, and what lies by node, in few allocations: plants may have very many nodes.

use std::collections::HashSet;
use std::fmt::Write;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::OnceLock;

/// Bytes of a usual name.
const USUAL_NAME: usize = 20;

/// Names by the handle of a record. One text holds all of them.
#[derive(Clone, Debug, Default)]
pub struct Names {
    text: String,
    /// Handle, begin and end of the name in the text.
    of: Vec<(i64, usize, usize)>,
    /// The same in order of the handles, from when the first name is looked up: most runs ask for none.
    ordered: OnceLock<Vec<(i64, usize, usize)>>,
}

impl Names {
    /// Makes room for so many names of a usual length.
    pub(super) fn reserve(&mut self, names: usize) {
        self.text.reserve(USUAL_NAME * names);
        self.of.reserve(names);
    }

    /// Names a record by the parts of its name; of several names the last holds. All names are given before one is
    /// looked up.
    pub(super) fn insert(&mut self, record: i64, parts: &[&str]) {
        let begin = self.text.len();
        for part in parts {
            self.text.push_str(part);
        }
        self.of.push((record, begin, self.text.len()));
    }

    /// The name of a record. O(log names), the first time O(names log names).
    #[must_use]
    pub fn get(&self, record: i64) -> Option<&str> {
        let ordered = self.ordered.get_or_init(|| {
            let mut ordered = self.of.clone();
            ordered.sort_by_key(|(record, ..)| *record);
            ordered
        });
        let behind = ordered.partition_point(|(at, ..)| *at <= record);
        let (at, begin, end) = ordered.get(behind.checked_sub(1)?).copied()?;
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
    /// Makes room for so many streams with names of a usual length.
    pub(super) fn reserve(&mut self, streams: usize) {
        self.text.reserve(USUAL_NAME * streams);
        self.begins.reserve(streams);
        self.placed.reserve(streams);
    }

    pub(super) fn insert(&mut self, at: i64, id: u64, entity: &str, purpose: &str, ordinal: u32) {
        self.begins.push(self.text.len());
        self.text.push_str(entity);
        self.text.push(' ');
        self.text.push_str(purpose);
        match ordinal {
            0 => self.text.push_str(" 0"),
            // Writing to a text never fails.
            _ => drop(write!(self.text, " {ordinal}")),
        }
        self.placed.push((at, id));
    }

    fn name(&self, stream: usize) -> String {
        let begin = self.begins.get(stream).copied().unwrap_or(0);
        let end = self.begins.get(stream + 1).copied().unwrap_or(self.text.len());
        self.text.get(begin..end).unwrap_or_default().to_string()
    }

    /// Names of streams with equal ids, in the order in which they were found. O(streams) where there are none, as
    /// nearly always.
    pub(super) fn collisions(&self) -> Vec<(String, String)> {
        let mut seen: HashSet<u64, BuildHasherDefault<Mixed>> = HashSet::default();
        seen.reserve(self.placed.len());
        if self.placed.iter().all(|(_, id)| seen.insert(*id)) {
            return Vec::new();
        }
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

/// The hash of an id that is well mixed already: itself.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id;
    }

    fn finish(&self) -> u64 {
        self.0
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
    /// Nothing yet, with room for so many nodes.
    pub(super) fn sized(nodes: usize) -> Self {
        Self { list: (0..nodes).map(|_| None).collect() }
    }

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
