//! `use`: the files a line is made of. Each is read once, through the reader the front gives; which
//! of its declarations a line takes in depends on what the line mentions.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::base::{FileId, SourceMap, Span, limits, names};
use crate::diag::{Diagnostic, codes};
use crate::syntax;
use crate::syntax::tree::{Declaration, ExprKind, File, Item, Name, Unit, Use, UseTarget};
use crate::syntax::walk::each_expr;

use super::library;

/// Words that may stand outside a line: what lines share.
pub const SHARED: &[&str] = &["item", "crew", "tool", "shift", "param", "let", "fn", "cell"];

/// A `use` that was followed.
pub struct Link {
    /// The file used, as an index into [`Project::files`] counted from 1; 0 is the main file.
    pub to: usize,
    /// The name it is used under.
    pub alias: Option<Name>,
    /// What it shares: the name to use and its own name, which differ under an alias.
    pub brings: Vec<(String, String)>,
    /// The `use`.
    pub span: Span,
}

/// The main file with all it uses.
pub struct Project<'m> {
    /// The main file, where names of files it uses under an alias are whole: `other.Part`.
    pub main: Cow<'m, File>,
    /// The used files, in the order they were first named.
    pub files: Vec<File>,
    /// What each file uses; the main file first.
    pub links: Vec<Vec<Link>>,
    /// All files, each behind those it uses.
    pub order: Vec<usize>,
    /// The folder of each file, from that of the main file.
    pub folders: BTreeMap<FileId, String>,
}

impl Project<'_> {
    /// How many lines the main file has.
    pub fn lines(&self) -> usize {
        let line = |i: &&Item| matches!(i, Item::Declaration(d) if d.word.text == "line");
        self.main.items.iter().filter(line).count()
    }

    /// The files by index, the main one being 0.
    pub fn file(&self, index: usize) -> Option<&File> {
        if index == 0 { Some(&self.main) } else { self.files.get(index - 1) }
    }
}

/// What is shared by the lines of a file: a declaration outside a line, and its file.
#[derive(Clone, Copy)]
pub struct Shared<'a> {
    /// The file's index.
    pub file: usize,
    /// The declaration.
    pub declaration: &'a Declaration,
}

/// Reads every file that `main` uses, directly or not. O(text).
pub fn load<'m>(
    files: &mut SourceMap,
    main: &'m File,
    read: &dyn Fn(&str) -> Result<String, String>,
    found: &mut Vec<Diagnostic>,
) -> Project<'m> {
    let name = files.get(main.file).map_or("", |f| f.name.as_str()).to_string();
    let (folder, own) = name.rsplit_once(['/', '\\']).map_or(("", name.as_str()), |(folder, own)| (folder, own));
    let mut load = Load {
        root: if folder.is_empty() { String::new() } else { format!("{folder}/") },
        known: BTreeMap::from([(own.to_string(), 0)]),
        stack: vec![(own.to_string(), 0)],
        project: Project {
            main: Cow::Borrowed(main),
            files: Vec::new(),
            links: vec![Vec::new()],
            order: Vec::new(),
            folders: BTreeMap::new(),
        },
        files,
        read,
        found,
    };
    load.follow(0, "", uses(main));
    let mut project = load.project;
    join_names(&mut project);
    project
}

/// Makes one name of `other.Part`, where `other` is the name a file is used under.
fn join_names(project: &mut Project<'_>) {
    for (index, links) in project.links.iter().enumerate() {
        let aliases: Vec<&str> = links.iter().filter_map(|l| l.alias.as_ref()).map(|a| a.text.as_str()).collect();
        if aliases.is_empty() {
            continue;
        }
        let file = if index == 0 { Some(project.main.to_mut()) } else { project.files.get_mut(index - 1) };
        let Some(file) = file else { continue };
        each_expr(&mut file.items, &mut |expr| {
            let ExprKind::Member { base, member } = &mut expr.kind else { return };
            match &mut base.kind {
                ExprKind::Name(alias) if aliases.contains(&alias.as_str()) => {
                    expr.kind = ExprKind::Name(format!("{alias}.{}", member.text));
                }
                // `12 other.Part`
                ExprKind::Quantity(quantity) => {
                    let unit = quantity.unit.as_mut().filter(|u| u.counted().is_some_and(|u| aliases.contains(&u)));
                    if let Some(unit) = unit {
                        *unit =
                            Unit { text: format!("{}.{}", unit.text, member.text), span: unit.span.to(member.span) };
                        expr.kind = ExprKind::Quantity(quantity.clone());
                    }
                }
                _ => {}
            }
        });
    }
}

fn uses(file: &File) -> Vec<Use> {
    file.items.iter().filter_map(|i| if let Item::Use(u) = i { Some(u.clone()) } else { None }).collect()
}

struct Load<'a, 'm> {
    /// What the names of files in the project folder begin with.
    root: String,
    known: BTreeMap<String, usize>,
    /// Files being read, each used by the one before.
    stack: Vec<(String, usize)>,
    project: Project<'m>,
    files: &'a mut SourceMap,
    read: &'a dyn Fn(&str) -> Result<String, String>,
    found: &'a mut Vec<Diagnostic>,
}

impl Load<'_, '_> {
    /// Follows the `use`s of a file that lies in `folder`.
    fn follow(&mut self, file: usize, folder: &str, uses: Vec<Use>) {
        for one in uses {
            let Some((path, span)) = self.path(&one, folder) else { continue };
            let Some(to) = self.used(&path, span) else { continue };
            if let Some(first) = self.project.links.get(file).and_then(|l| l.iter().find(|l| l.to == to)) {
                self.found.push(
                    Diagnostic::new(codes::DUPLICATE_NAME, one.span, format!("`{path}` is used twice"))
                        .with(first.span, "first used here")
                        .help("remove this `use`"),
                );
                continue;
            }
            let shared = self.project.files.get(to.wrapping_sub(1)).into_iter().flat_map(|f| &f.items);
            let own = shared.filter_map(|item| match item {
                Item::Declaration(d) if SHARED.contains(&d.word.text.as_str()) => Some(d.name.text.clone()),
                _ => None,
            });
            let brings = own
                .map(|own| match &one.alias {
                    Some(alias) => (format!("{}.{own}", alias.text), own),
                    None => (own.clone(), own),
                })
                .collect();
            if let Some(links) = self.project.links.get_mut(file) {
                links.push(Link { to, alias: one.alias, brings, span: one.span });
            }
        }
        self.project.order.push(file);
    }

    /// The path of a used file, from the project folder; `std.x` for the standard library.
    fn path(&mut self, one: &Use, folder: &str) -> Option<(String, Span)> {
        match &one.target {
            UseTarget::File(text) => match within(folder, &text.text) {
                Ok(path) if path.ends_with(".line") => Some((path, text.span)),
                Ok(path) if path.is_empty() => self.cannot(text.span, "`use` does not say which file", |d| {
                    d.help("write `use \"./other.line\"`, or `use std.NAME` for the standard library")
                }),
                Ok(path) => self.cannot(text.span, &format!("`{path}` is no `.line` file"), |d| {
                    d.help(format!("write `use \"{}.line\"`", text.text))
                }),
                Err(why) => self.cannot(text.span, &format!("`{}` cannot be used: {why}", text.text), |d| {
                    d.help("copy the file into the project folder, and name it by its way from this file")
                }),
            },
            UseTarget::Path(path) => {
                let span = path.first()?.span.to(path.last()?.span);
                let words: Vec<&str> = path.iter().map(|n| n.text.as_str()).collect();
                match words.as_slice() {
                    ["std", name] if library::find(name).is_some() => Some((format!("std.{name}"), span)),
                    ["std", name] => {
                        let near = names::nearest(name, library::NAMES.iter().map(|(n, _)| *n)).map(str::to_string);
                        self.cannot(span, &format!("the standard library has no `{name}`"), |d| match near {
                            Some(near) => d.fix(format!("write `std.{near}`"), span, format!("std.{near}")),
                            None => d.help(format!("it has {}", library::listed())),
                        })
                    }
                    _ => self.cannot(span, &format!("there is no library `{}`", words.join(".")), |d| {
                        d.help(format!(
                            "write `use std.NAME` for the standard library ({}), or `use \"./file.line\"` for a file",
                            library::listed()
                        ))
                    }),
                }
            }
        }
    }

    fn cannot<T>(&mut self, span: Span, why: &str, more: impl FnOnce(Diagnostic) -> Diagnostic) -> Option<T> {
        self.found.push(more(Diagnostic::new(codes::FILE_NOT_USABLE, span, why)));
        None
    }

    /// The index of a used file, which is read when it is named first.
    fn used(&mut self, path: &str, span: Span) -> Option<usize> {
        if let Some(at) = self.stack.iter().position(|(p, _)| p == path) {
            let round: Vec<String> = self.stack.iter().skip(at).map(|(p, _)| format!("`{p}`")).collect();
            let d = Diagnostic::new(codes::CIRCULAR_USE, span, format!("`{path}` uses itself"));
            self.found.push(
                d.note(format!("{} uses `{path}`", round.join(" uses ")))
                    .help("put what both need into a third file that uses neither"),
            );
            return None;
        }
        if let Some(index) = self.known.get(path) {
            return Some(*index);
        }
        if self.project.files.len() >= limits::FILES || self.stack.len() > limits::NESTING {
            return self.cannot(span, &format!("more than {} files are used", limits::FILES), |d| d);
        }
        // Every path of a file ends in `.line`, so that these never meet.
        let library = path.strip_prefix("std.").and_then(|name| Some((name, library::find(name)?)));
        let (shown, text) = match library {
            Some((name, text)) => (format!("std/{name}.line"), text.to_string()),
            None => match (self.read)(path) {
                Ok(text) => (format!("{}{path}", self.root), text),
                Err(why) => {
                    return self.cannot(span, &format!("`{path}` cannot be used: {why}"), |d| {
                        d.help("files are looked for from the folder of the file that names them, inside the project folder")
                    });
                }
            },
        };
        let id: FileId = self.files.add(shown, text.as_str());
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.project.folders.insert(id, folder.to_string());
        let parsed = syntax::parse(id, &text);
        self.found.extend(parsed.diagnostics);
        for item in &parsed.tree.items {
            outside(item, self.found);
        }
        let next = uses(&parsed.tree);
        self.project.files.push(parsed.tree);
        self.project.links.push(Vec::new());
        let index = self.project.files.len();
        self.known.insert(path.to_string(), index);
        self.stack.push((path.to_string(), index));
        self.follow(index, folder, next);
        self.stack.pop();
        Some(index)
    }
}

/// Complains about what cannot stand outside a line.
pub fn outside(item: &Item, found: &mut Vec<Diagnostic>) {
    let (span, what) = match item {
        Item::Declaration(d) if d.word.text == "line" || SHARED.contains(&d.word.text.as_str()) => return,
        Item::Declaration(d) if !super::line::WORDS.contains(&d.word.text.as_str()) => {
            found.push(super::line::unknown_word(&d.word));
            return;
        }
        Item::Declaration(d) => (d.word.span.to(d.name.span), format!("the {} `{}`", d.word.text, d.name.text)),
        Item::Flow(f) => (f.word, "a flow".to_string()),
        Item::Expect(e) => (e.word, "an expectation".to_string()),
        Item::Entry(e) => (e.key.span(), "a field".to_string()),
        Item::Use(_) | Item::Error(_) => return,
    };
    found.push(
        Diagnostic::new(codes::NO_LINE, span, format!("{what} stands outside a `line`"))
            .help(format!("put it inside `line NAME {{ … }}`; outside stand {} only", super::fields::list(SHARED))),
    );
}

/// A path as written in a file of `folder`, from the project folder.
///
/// # Errors
/// Why it is none.
pub fn within(folder: &str, written: &str) -> Result<String, &'static str> {
    let outside = "it lies outside the project folder";
    if written.starts_with(['/', '\\']) || written.contains(':') {
        return Err(outside);
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in written.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or(outside)?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// The declarations outside lines that each line takes in, in written order by file: those of used
/// files only when the line mentions them, directly or through another; those of the main file, unless
/// only other lines of it do. O(text).
pub fn shared<'a>(files: &SourceMap, project: &'a Project<'_>, lines: &[&'a Declaration]) -> Vec<Vec<Shared<'a>>> {
    let mut all: Vec<Shared<'a>> = Vec::new();
    for index in project.order.iter().copied() {
        for item in project.file(index).into_iter().flat_map(|f| &f.items) {
            if let Item::Declaration(d) = item
                && SHARED.contains(&d.word.text.as_str())
            {
                all.push(Shared { file: index, declaration: d });
            }
        }
    }
    if lines.len() <= 1 && project.files.is_empty() {
        return vec![all; lines.len()];
    }
    let reached: Vec<Vec<bool>> = lines.iter().map(|line| reach(files, &all, line, lines.len() == 1)).collect();
    let kept = |of_line: &[bool], i: usize, shared: &Shared| {
        let here = of_line.get(i).copied().unwrap_or_default();
        here || (shared.file == 0 && !reached.iter().any(|r| r.get(i).copied().unwrap_or_default()))
    };
    reached
        .iter()
        .map(|line| all.iter().enumerate().filter(|(i, s)| kept(line, *i, s)).map(|(_, s)| *s).collect())
        .collect()
}

/// Which declarations a line mentions, directly or through another.
fn reach(files: &SourceMap, all: &[Shared], line: &Declaration, only: bool) -> Vec<bool> {
    let mut reached: Vec<bool> = vec![false; all.len()];
    let mut words: BTreeSet<String> = BTreeSet::new();
    let mut work: Vec<Span> = vec![line.span];
    if only {
        // The only line of a file has all of the file.
        for (i, shared) in all.iter().enumerate().filter(|(_, s)| s.file == 0) {
            if let Some(place) = reached.get_mut(i) {
                *place = true;
            }
            work.push(shared.declaration.span);
        }
    }
    while let Some(span) = work.pop() {
        let before = words.len();
        words.extend(words_of(files.slice(span)).map(str::to_string));
        if words.len() == before {
            continue;
        }
        for (place, shared) in reached.iter_mut().zip(all).filter(|(place, _)| !**place) {
            let name = shared.declaration.name.text.as_str();
            // Quoted and foreign names need not look in the text as they are kept.
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !plain || words.contains(name) {
                *place = true;
                work.push(shared.declaration.span);
            }
        }
    }
    reached
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty())
}

impl<'a> super::line::Lower<'a> {
    /// Reads a data file named in the text at `span`: a path from the folder of that text.
    ///
    /// # Errors
    /// Why it cannot be read, in words.
    pub(super) fn data_file(&self, written: &str, span: Span) -> Result<String, String> {
        let text = match self.folders.get(&span.file) {
            Some(folder) => (self.options.read)(&within(folder, written)?),
            None => (self.options.read)(written),
        }?;
        super::told::no_table(&text).map_or(Ok(text), |why| Err(why.to_string()))
    }
}
