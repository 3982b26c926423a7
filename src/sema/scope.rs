//! Names: a frame for each file, for the line, and for each placed cell. A name is looked up in its own
//! frame, then in those around it as the text stands; the order of declarations means nothing.
//!
//! Start reading at [`Scope::find`].

use std::cell::Cell;

use indexmap::IndexMap;

use crate::base::{Span, names};
use crate::diag::{Diagnostic, codes};
use crate::ir::{CalendarId, ItemId, LimitId, NodeId, PoolId};
use crate::syntax::tree::{Declaration, Param, Phrase};

/// A frame of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct FrameId(pub usize);

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// An item type.
    Item(ItemId),
    /// A source, station, buffer, conveyor or sink; or a port of a cell.
    Node(NodeId),
    /// An array of nodes: the first, and how many.
    Array(NodeId, u64),
    /// A crew or tool.
    Pool(PoolId),
    /// An array of crews or tools: the first, and how many.
    Pools(PoolId, u64),
    /// A fleet: its index in the plant.
    Fleet(usize),
    /// A limit or pallets: the first, and how many, one for each item with a count of its own.
    Limit(LimitId, u64),
    /// A shift.
    Calendar(CalendarId),
    /// A `param`, `let` or parameter of a cell: index of its definition.
    Value(usize),
    /// A `fn`: index of its definition.
    Function(usize),
    /// A `cell`: index of its definition.
    Cell(usize),
    /// A placed cell.
    Place(FrameId),
    /// An array of placed cells: the first, and how many.
    Places(FrameId, u64),
    /// Declared, but not supported yet or in error: already complained about.
    Other,
}

impl Meaning {
    /// The kind in words.
    pub fn kind(self) -> &'static str {
        match self {
            Meaning::Item(_) => "an item",
            Meaning::Node(_) => "a node of the line",
            Meaning::Array(..) | Meaning::Pools(..) | Meaning::Places(..) => "an array",
            Meaning::Pool(_) => "a crew or tool",
            Meaning::Fleet(_) => "a fleet",
            Meaning::Limit(..) => "a limit",
            Meaning::Calendar(_) => "a shift",
            Meaning::Value(_) => "a value",
            Meaning::Function(_) => "a function",
            Meaning::Cell(_) => "a cell",
            Meaning::Place(_) => "a placed cell",
            Meaning::Other => "a declaration",
        }
    }
}

/// What a name of one frame borrows from another.
#[derive(Clone, Copy, Debug)]
pub enum Alias<'a> {
    /// A declaration of a used file.
    Own(FrameId, &'a str),
    /// A name given to a parameter, as it is seen where the cell is placed.
    Seen(FrameId, &'a str),
    /// A member of an array given to a parameter.
    Member(FrameId, &'a str, u64),
}

/// A declared name.
pub struct Entry<'a> {
    /// What it stands for.
    pub meaning: Meaning,
    /// Where it is declared.
    pub span: Span,
    /// Whether something refers to it.
    pub used: Cell<bool>,
    /// What it stands for instead.
    pub alias: Option<Alias<'a>>,
    /// The word it is declared by.
    pub word: &'a str,
}

/// What a frame belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The file that is checked.
    Main,
    /// A file that is used.
    Used,
    /// The line.
    Line,
    /// A placed cell.
    Place,
}

/// The names of a file, a line, or a placed cell.
pub struct Frame<'a> {
    /// What it belongs to.
    pub kind: Kind,
    /// The frame around it in the text.
    pub around: Option<FrameId>,
    /// The frame that places it.
    pub placed_by: Option<FrameId>,
    /// What the names of its things begin with: `weld[2].`.
    pub prefix: String,
    /// What a used file is called, without folder and ending.
    pub file: String,
    /// Where it is placed.
    pub placed: Span,
    /// The cell it is made of.
    pub cell: Option<usize>,
    /// The named indices of the place with their values, which its arguments may mention.
    pub indices: Vec<(String, super::value::Typed)>,
    names: IndexMap<&'a str, Entry<'a>>,
}

/// A `param`, `let`, or parameter of a placed cell.
#[derive(Clone, Copy)]
pub struct Value<'a> {
    /// Where its name stands, and what its definition can see.
    pub frame: FrameId,
    /// Its name.
    pub name: &'a str,
    /// Where it is declared.
    pub span: Span,
    /// What it is.
    pub from: Definition<'a>,
}

/// What defines a value.
#[derive(Clone, Copy)]
pub enum Definition<'a> {
    /// `param` or `let`.
    Declared(&'a Declaration),
    /// A parameter of a cell, and what is given for it where.
    Given(&'a Param, &'a Phrase, FrameId),
    /// A parameter of a cell with its default.
    Default(&'a Param, &'a Phrase),
}

/// All names a line can see.
pub struct Scope<'a> {
    frames: Vec<Frame<'a>>,
    /// The frame whose text is being read.
    pub here: FrameId,
    /// Values.
    pub values: Vec<Value<'a>>,
    /// Functions, with the frame they stand in.
    pub functions: Vec<(&'a Declaration, FrameId)>,
    /// Cells, with the frame they stand in.
    pub cells: Vec<(&'a Declaration, FrameId)>,
    /// The sizes of arrays of several dimensions, by their first member.
    shapes: Vec<(Meaning, Vec<u64>)>,
}

impl Default for Scope<'_> {
    fn default() -> Self {
        Self {
            frames: Vec::new(),
            here: FrameId(0),
            values: Vec::new(),
            functions: Vec::new(),
            cells: Vec::new(),
            shapes: Vec::new(),
        }
    }
}

impl<'a> Scope<'a> {
    /// A new frame without names.
    pub fn frame(&mut self, kind: Kind, around: Option<FrameId>) -> FrameId {
        self.frames.push(Frame {
            kind,
            around,
            placed_by: None,
            prefix: String::new(),
            file: String::new(),
            placed: Span::default(),
            cell: None,
            indices: Vec::new(),
            names: IndexMap::new(),
        });
        FrameId(self.frames.len() - 1)
    }

    /// A frame.
    pub fn get(&self, frame: FrameId) -> Option<&Frame<'a>> {
        self.frames.get(frame.0)
    }

    /// A frame, to be changed.
    pub fn get_mut(&mut self, frame: FrameId) -> Option<&mut Frame<'a>> {
        self.frames.get_mut(frame.0)
    }

    /// Goes into a frame; gives the one before.
    pub fn enter(&mut self, frame: FrameId) -> FrameId {
        std::mem::replace(&mut self.here, frame)
    }

    /// How many frames there are.
    pub fn size(&self) -> usize {
        self.frames.len()
    }

    /// Notes the sizes of an array of several dimensions.
    pub fn shape_of(&mut self, array: Meaning, sizes: Vec<u64>) {
        if sizes.len() > 1 {
            self.shapes.push((array, sizes));
        }
    }

    /// The sizes of an array of several dimensions.
    pub fn shape(&self, array: Meaning) -> Option<Vec<u64>> {
        self.shapes.iter().find(|(a, _)| *a == array).map(|(_, sizes)| sizes.clone())
    }

    /// What the names of things declared here begin with.
    pub fn prefix(&self) -> &str {
        self.get(self.here).map_or("", |f| f.prefix.as_str())
    }

    /// Declares a name; a second declaration is an error and changes nothing.
    pub fn declare(&mut self, name: &'a str, span: Span, meaning: Meaning, diagnostics: &mut Vec<Diagnostic>) -> bool {
        self.declare_entry(name, Entry { meaning, span, used: Cell::new(false), alias: None, word: "" }, diagnostics)
    }

    /// Declares a name that stands for one of another frame.
    pub fn declare_alias(&mut self, name: &'a str, span: Span, alias: Alias<'a>, found: &mut Vec<Diagnostic>) -> bool {
        self.declare_entry(
            name,
            Entry { meaning: Meaning::Other, span, used: Cell::new(false), alias: Some(alias), word: "" },
            found,
        )
    }

    fn declare_entry(&mut self, name: &'a str, entry: Entry<'a>, diagnostics: &mut Vec<Diagnostic>) -> bool {
        let Some(here) = self.get(self.here) else { return false };
        // A line and its file share one list of names; a cell has its own.
        let file = here.around.filter(|_| here.kind == Kind::Line).and_then(|f| self.get(f));
        let first = here.names.get(name).or_else(|| file.and_then(|f| f.names.get(name)));
        if let Some(first) = first {
            let mut d = Diagnostic::new(codes::DUPLICATE_NAME, entry.span, format!("`{name}` is declared twice"))
                .with(first.span, "first declared here");
            let brings = |e: &Entry| matches!(e.alias, Some(Alias::Own(..)));
            d = if brings(&entry) || brings(first) {
                d.help("use one of the files under a name: `use \"./other.line\" as other`, then `other.NAME`")
            } else {
                d.help("give one of them another name")
            };
            diagnostics.push(d);
            return false;
        }
        if let Some(here) = self.frames.get_mut(self.here.0) {
            here.names.insert(name, entry);
        }
        true
    }

    /// Changes what a name declared here stands for.
    pub fn set(&mut self, name: &str, meaning: Meaning) {
        if let Some(entry) = self.frames.get_mut(self.here.0).and_then(|f| f.names.get_mut(name)) {
            entry.meaning = meaning;
        }
    }

    /// What a name stands for here, noting that it is used.
    pub fn find(&self, name: &str) -> Option<Meaning> {
        self.find_from(self.here, name)
    }

    /// What a name stands for, seen from a frame.
    pub fn find_from(&self, frame: FrameId, name: &str) -> Option<Meaning> {
        let mut at = Some(frame);
        while let Some(frame) = at.and_then(|f| self.get(f)) {
            if let Some(entry) = frame.names.get(name) {
                return self.meaning(entry);
            }
            at = frame.around;
        }
        None
    }

    /// What a frame itself declares under a name.
    pub fn find_in(&self, frame: FrameId, name: &str) -> Option<Meaning> {
        self.get(frame)?.names.get(name).and_then(|e| self.meaning(e))
    }

    fn meaning(&self, entry: &Entry) -> Option<Meaning> {
        entry.used.set(true);
        match entry.alias {
            None => Some(entry.meaning),
            // Frames only borrow from frames made before them, so this ends.
            Some(Alias::Own(frame, name)) => self.find_in(frame, name),
            Some(Alias::Seen(frame, name)) => self.find_from(frame, name),
            Some(Alias::Member(frame, name, index)) => {
                self.find_from(frame, name).and_then(|m| member(m, index)).or(Some(Meaning::Other))
            }
        }
    }

    /// What a name declared here stands for and where it is declared, without noting that it is used.
    pub fn peek_entry(&self, name: &str) -> Option<(Meaning, Span)> {
        self.get(self.here)?.names.get(name).map(|e| (e.meaning, e.span))
    }

    /// What a name declared here stands for, without noting that it is used.
    pub fn peek(&self, name: &str) -> Option<Meaning> {
        self.get(self.here)?.names.get(name).map(|e| e.meaning)
    }

    /// Notes the word that a name declared here is declared by.
    pub fn note_word(&mut self, name: &str, span: Span, word: &'a str) {
        let entry = self.frames.get_mut(self.here.0).and_then(|f| f.names.get_mut(name));
        if let Some(entry) = entry.filter(|e| e.span == span) {
            entry.word = word;
        }
    }

    /// The word that a name seen from here is declared by.
    pub fn word_of(&self, name: &str) -> Option<&'a str> {
        self.word_from(self.here, name)
    }

    fn word_from(&self, frame: FrameId, name: &str) -> Option<&'a str> {
        let mut at = Some(frame);
        while let Some(frame) = at.and_then(|f| self.get(f)) {
            if let Some(entry) = frame.names.get(name) {
                return match entry.alias {
                    None => Some(entry.word).filter(|w| !w.is_empty()),
                    // Frames only borrow from frames made before them, so this ends.
                    Some(Alias::Own(from, other) | Alias::Seen(from, other) | Alias::Member(from, other, _)) => {
                        self.word_from(from, other)
                    }
                };
            }
            at = frame.around;
        }
        None
    }

    /// Forgets that a name declared here was used.
    pub fn unmark(&self, name: &str) {
        if let Some(entry) = self.get(self.here).and_then(|f| f.names.get(name)) {
            entry.used.set(false);
        }
    }

    /// All names of all frames with their entries.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry<'a>)> {
        self.frames.iter().flat_map(|f| f.names.iter().map(|(n, e)| (*n, e)))
    }

    /// The names of one frame with their entries.
    pub fn names_of(&self, frame: FrameId) -> impl Iterator<Item = (&'a str, &Entry<'a>)> {
        self.get(frame).into_iter().flat_map(|f| f.names.iter().map(|(n, e)| (*n, e)))
    }

    /// The complaint about an unknown name, offering the nearest that fits.
    pub fn unknown(&self, name: &str, span: Span, what: &str, fits: impl Fn(Meaning) -> bool) -> Diagnostic {
        let mut known: Vec<&str> = Vec::new();
        let mut at = Some(self.here);
        while let Some(frame) = at.and_then(|f| self.get(f)) {
            let fitting = |e: &Entry| {
                let used = e.used.get();
                let meaning = self.meaning(e);
                e.used.set(used);
                meaning.is_some_and(&fits)
            };
            known.extend(frame.names.iter().filter(|(_, e)| fitting(e)).map(|(n, _)| *n));
            at = frame.around;
        }
        let what = what.strip_prefix("a ").or(what.strip_prefix("an ")).unwrap_or(what);
        let d = Diagnostic::new(codes::UNKNOWN_NAME, span, format!("there is no {what} `{name}`"));
        if let Some(file) = super::library::holds(name) {
            return d.help(format!("it is in the standard library: write `use std.{file}` above the line"));
        }
        match names::nearest(name, known) {
            Some(near) => d.fix(format!("write `{near}`"), span, near),
            None => match self.outside(name, &fits) {
                Some((cell, kind)) => d.help(format!(
                    "the line has it, and a cell sees only what it is given: write `cell {cell}({name}: {kind})`, and `{cell}({name}: {name})` where it is placed"
                )),
                None => {
                let form = match what {
                    "item" => format!("`item {name} {{}}`"),
                    "crew" | "crew or tool" => format!("`crew {name} {{ size: 2 }}`"),
                    "tool" => format!("`tool {name} {{ count: 2 }}`"),
                    "shift" => format!("`shift {name} {{ mon..fri 06:00..14:00 }}`"),
                    "value" => format!("`let {name} = …` or `param {name}: time = …`"),
                    "node" | "station" => format!("`station {name} {{ cycle: 30 s }}`"),
                    "sink" => format!("`sink {name}`"),
                    "cell" => format!("`cell {name} {{ in parts, out done, … }}`"),
                    what => format!("{what} `{name}`"),
                };
                d.help(format!("declare it, {form}, or use a name that is declared"))
            }
            },
        }
    }
}

impl Scope<'_> {
    /// The cell that is being read and the kind of the thing, when the line that places it has one of this name.
    fn outside(&self, name: &str, fits: impl Fn(Meaning) -> bool) -> Option<(&str, &'static str)> {
        let mut at = Some(self.here);
        let cell = self.get(self.here)?.cell.and_then(|c| self.cells.get(c)).map(|(d, _)| d.name.text.as_str())?;
        while let Some(frame) = at.and_then(|f| self.get(f)) {
            if let Some(entry) = frame.names.get(name) {
                let kind = match self.meaning(entry) {
                    Some(m) if !fits(m) => return None,
                    Some(Meaning::Pool(_) | Meaning::Pools(..)) => "crew",
                    Some(Meaning::Calendar(_)) => "shift",
                    Some(Meaning::Item(_)) => "item",
                    Some(Meaning::Value(_)) => "time",
                    _ => return None,
                };
                return Some((cell, kind));
            }
            at = frame.placed_by;
        }
        None
    }
}

/// A member of an array, counted from 1.
pub fn member(array: Meaning, index: u64) -> Option<Meaning> {
    let offset = index.checked_sub(1)?;
    let narrow = |size: u64| u32::try_from(offset).ok().filter(|_| offset < size);
    match array {
        Meaning::Array(first, size) => narrow(size).map(|o| Meaning::Node(NodeId(first.0 + o))),
        Meaning::Pools(first, size) => narrow(size).map(|o| Meaning::Pool(PoolId(first.0 + o))),
        Meaning::Places(first, size) => narrow(size).map(|o| Meaning::Place(FrameId(first.0 + o as usize))),
        Meaning::Other => Some(Meaning::Other),
        _ => None,
    }
}
