//! Tokens and the scanner. The scanner knows characters only; what depends on neighbours (units,
//! separators, brackets) is decided behind it, in `brackets` and `layout`.
//!
//! Tokens carry no text: a kind and a span. Errors of the scanner are tokens too.

use logos::Logos;

use crate::base::{FileId, Span};
use crate::diag::{Diagnostic, codes};

use super::comments::{Comment, Comments};
use super::words;

/// What a token is. Variants without a pattern are made by later passes.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[logos(skip r"[ \t\r\u{a0}\u{202f}\u{2009}\u{feff}]+")]
pub enum Kind {
    /// A name; reserved words get their own kinds.
    #[regex(r"[\p{XID_Start}_]\p{XID_Continue}*")]
    Name,
    /// `` `OP-20` ``
    #[regex(r"`[^`\n]*`")]
    Quoted,
    /// `1.8`, `12_000`, `1e3`
    #[regex(r"[0-9][0-9_]*(\.[0-9]+)?([eE][+-]?[0-9]+)?")]
    Number,
    /// `06:00`
    #[regex(r"[0-9][0-9]:[0-9][0-9](:[0-9][0-9])?")]
    Clock,
    /// `2026-11-23`
    #[regex(r"[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]")]
    Date,
    /// `"text"`
    #[regex(r#""([^"\\\n]|\\[^\n])*""#)]
    String,
    /// What directly follows a number: a unit or a counted name.
    Unit,

    /// `and`
    And,
    /// `or`
    Or,
    /// `not`
    Not,
    /// `in`
    In,
    /// `if`
    If,
    /// `else`
    Else,
    /// `rest`
    Rest,
    /// `item`
    Item,
    /// `now`
    Now,
    /// `true`
    True,
    /// `false`
    False,
    /// `at`
    At,
    /// `from`
    From,
    /// `to`
    To,
    /// `during`
    During,
    /// `step`
    Step,
    /// `as`
    As,
    /// `for`
    For,
    /// `on`
    On,
    /// A word reserved for later.
    Later,
    /// `flow` as first word of an item.
    FlowWord,
    /// `expect` as first word of an item.
    ExpectWord,
    /// `use` as first word of an item.
    UseWord,
    /// `flowline` as first word of an item.
    EditionWord,

    /// `{`
    #[token("{")]
    BraceOpen,
    /// `}`
    #[token("}")]
    BraceClose,
    /// `(`
    #[token("(")]
    ParenOpen,
    /// `)`
    #[token(")")]
    ParenClose,
    /// `[`
    #[token("[")]
    BracketOpen,
    /// `]`
    #[token("]")]
    BracketClose,
    /// `-[`
    #[token("-[")]
    #[token("−[")]
    LinkOpen,
    /// `->`
    #[token("->")]
    #[token("−>")]
    #[token("→")]
    Arrow,
    /// `<->`
    #[token("<->")]
    #[token("↔")]
    Symmetric,
    /// `,`
    #[token(",")]
    Comma,
    /// `:`
    #[token(":")]
    Colon,
    /// `=`
    #[token("=")]
    Equals,
    /// `.`
    #[token(".")]
    Dot,
    /// `..`
    #[token("..")]
    DotDot,
    /// `...`
    #[token("...")]
    #[token("…")]
    Ellipsis,
    /// `?`
    #[token("?")]
    Question,
    /// `+`
    #[token("+")]
    Plus,
    /// `-`
    #[token("-")]
    #[token("−")]
    Minus,
    /// `*`
    #[token("*")]
    #[token("×")]
    #[token("·")]
    Star,
    /// `/`
    #[token("/")]
    Slash,
    /// `^`
    #[token("^")]
    Caret,
    /// `<`
    #[token("<")]
    Less,
    /// `<=`
    #[token("<=")]
    #[token("≤")]
    LessEqual,
    /// `>`
    #[token(">")]
    Greater,
    /// `>=`
    #[token(">=")]
    #[token("≥")]
    GreaterEqual,
    /// `==`
    #[token("==")]
    EqualEqual,
    /// `!=`
    #[token("!=")]
    #[token("≠")]
    NotEqual,
    /// `|`
    #[token("|")]
    Bar,
    /// A line end that separates.
    #[token("\n")]
    Newline,

    /// `%`; part of a unit.
    #[token("%")]
    Percent,
    /// `°`, `°C`, `°F`; part of a unit.
    #[regex(r"°[CF]?")]
    Degree,
    /// `€`; part of a unit.
    #[token("€")]
    Euro,
    /// `²`, `³`; part of a unit.
    #[token("²")]
    #[token("³")]
    Superscript,

    /// `// …` to the end of the line.
    #[regex(r"//[^\n]*", allow_greedy = true)]
    Comment,
    /// `/* … */`, or `/*` to the end of the line; not in the language.
    #[token("/*", block_comment)]
    BlockComment,
    /// `# …`; not in the language.
    #[regex(r"#[^\n]*", allow_greedy = true)]
    HashComment,
    /// A string without its end, to the end of the line.
    #[regex(r#""([^"\\\n]|\\[^\n])*\\?"#)]
    OpenString,
    /// A name in back-ticks without its end, to the end of the line.
    #[regex(r"`[^`\n]*")]
    OpenQuoted,
    /// A string in typographic or single quotation marks.
    #[regex(r#"[“”„«][^“”„"«»\n]*[“”"»]"#)]
    #[regex(r"'[^'\n]*'")]
    #[regex(r"‘[^‘’\n]*’")]
    ForeignString,
    /// `;`, not in the language, read as a comma.
    #[token(";")]
    Semicolon,
    /// `.5`
    #[regex(r"\.[0-9]+")]
    LeadingDot,
    /// `=>`, `&&`, `||`, `!`, `<>`, `:=`: signs of other languages.
    #[token("=>")]
    #[token("-->")]
    #[token("&&")]
    #[token("||")]
    #[token("!")]
    #[token("<>")]
    #[token(":=")]
    Foreign,
    /// `±`, `+-`, `+/-`: no tolerances.
    #[token("±")]
    #[token("+-")]
    #[token("+/-")]
    Tolerance,
    /// `23.11.2026`: a day in another order.
    #[regex(r"[0-9][0-9]?\.[0-9][0-9]?\.[0-9][0-9][0-9][0-9]")]
    ForeignDate,
    /// Text that means nothing; its diagnostic is already given.
    Bad,
}

fn block_comment(lexer: &mut logos::Lexer<Kind>) {
    let rest = lexer.remainder();
    let end = rest.find("*/").map_or_else(|| rest.find('\n').unwrap_or(rest.len()), |at| at + 2);
    lexer.bump(end);
}

impl Kind {
    /// True for `{ ( [ -[`.
    #[must_use]
    pub fn opens(self) -> bool {
        matches!(self, Kind::BraceOpen | Kind::ParenOpen | Kind::BracketOpen | Kind::LinkOpen)
    }

    /// True for `} ) ]`.
    #[must_use]
    pub fn closes(self) -> bool {
        matches!(self, Kind::BraceClose | Kind::ParenClose | Kind::BracketClose)
    }

    /// The closing bracket of an opening one.
    #[must_use]
    pub fn closer(self) -> Option<Kind> {
        match self {
            Kind::BraceOpen => Some(Kind::BraceClose),
            Kind::ParenOpen => Some(Kind::ParenClose),
            Kind::BracketOpen | Kind::LinkOpen => Some(Kind::BracketClose),
            _ => None,
        }
    }

    /// True for a reserved word (the item-start words are none).
    #[must_use]
    pub fn is_reserved_word(self) -> bool {
        (Kind::And..=Kind::Later).contains(&self)
    }

    /// The name of the kind in token dumps.
    #[must_use]
    pub fn label(self) -> String {
        format!("{self:?}")
    }
}

/// A kind and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where.
    pub span: Span,
}

/// What scanning gives.
#[derive(Debug, Default)]
pub struct Scanned {
    /// All tokens but comments, line ends included, in the order of the text.
    pub tokens: Vec<Token>,
    /// Comments and blank lines.
    pub comments: Comments,
    /// What is wrong with single tokens.
    pub diagnostics: Vec<Diagnostic>,
}

/// Cuts a text into tokens. Never fails: what is no token becomes [`Kind::Bad`] with a diagnostic.
/// O(length).
#[must_use]
pub fn scan(file: FileId, text: &str) -> Scanned {
    let mut out = Scanned { tokens: Vec::with_capacity(text.len() / 4), ..Scanned::default() };
    let mut lexer = Kind::lexer(text);
    // What stands on the current line so far, to find blank lines and comments of their own.
    let mut line_is_empty = true;
    let mut blank_run = false;
    let mut previous_line_end = 0;
    while let Some(result) = lexer.next() {
        let range = lexer.span();
        let mut span = Span::new(file, range.start, range.end);
        let slice = lexer.slice();
        let kind = match result {
            Err(()) => {
                bad_characters(&mut out, span, slice);
                line_is_empty = false;
                continue;
            }
            Ok(Kind::Newline) => {
                if line_is_empty && previous_line_end > 0 && !blank_run {
                    out.comments.blank_lines.push(previous_line_end);
                }
                blank_run = line_is_empty;
                line_is_empty = true;
                previous_line_end = span.end;
                Kind::Newline
            }
            Ok(Kind::Name) => words::reserved(slice).unwrap_or(Kind::Name),
            Ok(Kind::Comment | Kind::HashComment | Kind::BlockComment) => {
                let trimmed = slice.trim_end();
                span = Span::new(file, range.start, range.start + trimmed.len());
                comment(&mut out, span, trimmed, line_is_empty);
                direction_marks(&mut out, span, trimmed);
                line_is_empty = false;
                continue;
            }
            // `=> 50 /h`: no arrow leads to a number.
            Ok(Kind::Foreign)
                if slice == "=>" && lexer.remainder().trim_start().starts_with(|c: char| c.is_ascii_digit()) =>
            {
                out.diagnostics.push(
                    Diagnostic::new(codes::FOREIGN_SIGN, span, "`=>` is written `>=` here")
                        .label("sign of another language")
                        .fix("write `>=`", span, ">="),
                );
                Kind::GreaterEqual
            }
            Ok(kind) => kind,
        };
        if kind != Kind::Newline {
            line_is_empty = false;
            blank_run = false;
        }
        if matches!(kind, Kind::OpenString | Kind::OpenQuoted) {
            open_text(&mut out, kind, span, slice);
            continue;
        }
        let kind = mend(&mut out, kind, span, slice);
        if matches!(kind, Kind::String | Kind::Quoted) {
            direction_marks(&mut out, span, slice);
        }
        out.tokens.push(Token { kind, span });
    }
    out
}

/// Notes a comment, and says so when it is written in another language's way.
fn comment(out: &mut Scanned, span: Span, text: &str, own_line: bool) {
    if !text.starts_with("//") {
        let diagnostic = Diagnostic::new(codes::FOREIGN_COMMENT, span, "comments begin with `//`")
            .label("not a comment here")
            .note("a comment runs from `//` to the end of its line; there are no others");
        let one_line = !text.contains('\n');
        let inner = text.trim_start_matches("/*").trim_end_matches("*/").trim_start_matches('#').trim();
        out.diagnostics.push(if one_line {
            diagnostic.fix(format!("write `// {inner}`"), span, format!("// {inner}"))
        } else {
            diagnostic.help("begin each line of it with `//`")
        });
        return;
    }
    let doc = text.starts_with("///") && !text.starts_with("////");
    out.comments.comments.push(Comment { span, doc, own_line });
}

/// A string or quoted name that runs to the end of its line. Closing brackets at its end are taken for
/// brackets, so that one missing mark does not unbalance the file.
fn open_text(out: &mut Scanned, kind: Kind, span: Span, text: &str) {
    let text_end = text.trim_end_matches([' ', '\t', '\r', '}', ')', ']']).len().max(1);
    let start = span.range().start;
    let bad = Span::new(span.file, start, start + text_end);
    let (what, mark) = match kind {
        Kind::OpenString => ("the string", "\""),
        _ => ("the name in back-ticks", "`"),
    };
    out.diagnostics.push(
        Diagnostic::new(codes::OPEN_STRING, bad, format!("{what} does not end on its line")).label("begins here").fix(
            format!("add the missing {mark}"),
            bad.after(),
            mark,
        ),
    );
    out.tokens.push(Token { kind: Kind::Bad, span: bad });
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < text_end) {
        let kind = match c {
            '}' => Kind::BraceClose,
            ')' => Kind::ParenClose,
            ']' => Kind::BracketClose,
            _ => continue,
        };
        out.tokens.push(Token { kind, span: Span::new(span.file, start + at, start + at + 1) });
    }
}

/// Says what is wrong with a token of another language and gives the kind it is read as.
fn mend(out: &mut Scanned, kind: Kind, span: Span, text: &str) -> Kind {
    match kind {
        Kind::ForeignString => {
            let inner: String = {
                let mut chars = text.chars();
                chars.next();
                chars.next_back();
                chars.collect()
            };
            let fixed = format!("\"{}\"", inner.replace('\\', "\\\\"));
            out.diagnostics.push(
                Diagnostic::new(codes::FOREIGN_SIGN, span, "text stands between straight double quotation marks")
                    .label("these quotation marks mean nothing here")
                    .fix(format!("write `{fixed}`"), span, fixed),
            );
            Kind::Bad
        }
        Kind::Semicolon => {
            out.diagnostics.push(
                Diagnostic::new(codes::FOREIGN_SIGN, span, "`;` means nothing here")
                    .label("read as a comma")
                    .note("the end of the line or a comma ends an entry")
                    .fix("write a comma", span, ","),
            );
            Kind::Comma
        }
        Kind::LeadingDot => {
            let fixed = format!("0{text}");
            out.diagnostics.push(
                Diagnostic::new(codes::NUMBER_FORM, span, format!("`{text}` has no digit before the point"))
                    .label("a number begins with a digit")
                    .fix(format!("write `{fixed}`"), span, fixed),
            );
            Kind::Number
        }
        Kind::Foreign => {
            let (right, read_as) = match text {
                "=>" | "-->" => ("->", Kind::Arrow),
                "&&" => ("and", Kind::And),
                "||" => ("or", Kind::Or),
                "!" => ("not ", Kind::Not),
                "<>" => ("!=", Kind::NotEqual),
                _ => (":", Kind::Colon),
            };
            out.diagnostics.push(
                Diagnostic::new(codes::FOREIGN_SIGN, span, format!("`{text}` is written `{}` here", right.trim()))
                    .label("sign of another language")
                    .fix(format!("write `{}`", right.trim()), span, right),
            );
            read_as
        }
        Kind::Tolerance => {
            out.diagnostics.push(
                Diagnostic::new(codes::FOREIGN_SIGN, span, format!("`{text}` gives no tolerance"))
                    .label("what varies is a distribution")
                    .note("a tolerance does not say how often which value comes")
                    .help("write `uniform(35 s, 45 s)` for every value between two, `normal(40 s, 5 s)` for mean and standard deviation"),
            );
            Kind::Bad
        }
        Kind::ForeignDate => {
            let parts: Vec<&str> = text.split('.').collect();
            let diagnostic = Diagnostic::new(codes::BAD_CLOCK, span, "a day is written year-month-day");
            out.diagnostics.push(match parts.as_slice() {
                [day, month, year] => {
                    let right = format!("{year}-{month:0>2}-{day:0>2}");
                    diagnostic.fix(format!("write `{right}`"), span, right)
                }
                _ => diagnostic.help("write `2026-11-23`"),
            });
            Kind::Bad
        }
        other => other,
    }
}

/// One diagnostic for a run of characters that mean nothing.
fn bad_characters(out: &mut Scanned, span: Span, text: &str) {
    if let Some(last) = out.tokens.last_mut()
        && last.kind == Kind::Bad
        && last.span.end == span.start
        && let Some(diagnostic) = out.diagnostics.last_mut()
        && diagnostic.code == codes::INVALID_CHARACTER
        && diagnostic.primary.span == last.span
    {
        last.span = last.span.to(span);
        diagnostic.primary.span = last.span;
        diagnostic.message = "characters that mean nothing here".to_string();
        diagnostic.primary.text = format!("{} bytes", last.span.range().len());
        diagnostic.fixes.clear();
        return;
    }
    out.tokens.push(Token { kind: Kind::Bad, span });
    out.diagnostics.push(bad_character(span, text));
}

fn bad_character(span: Span, text: &str) -> Diagnostic {
    let c = text.chars().next().unwrap_or('\u{fffd}');
    let shown = show_char(c);
    let diagnostic = Diagnostic::new(codes::INVALID_CHARACTER, span, format!("{shown} means nothing here"));
    match c {
        '–' | '—' => diagnostic.help("write `-` for minus, `..` between the ends of a range, `->` for an arrow"),
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{ad}' => {
            diagnostic.note("the character is invisible").fix("remove it", span, "")
        }
        '\u{fffd}' => diagnostic.note("the file is not UTF-8 text at this place").help("save the file as UTF-8"),
        '\0' => diagnostic.help("the file may be binary, or UTF-16: save it as UTF-8"),
        '$' | '£' | '¥' => diagnostic.help("money is written with its three letters behind the number: `4 USD`"),
        '\\' => diagnostic.help("a line that ends with an operator or an arrow goes on in the next"),
        _ => diagnostic,
    }
}

/// A character as a message shows it.
fn show_char(c: char) -> String {
    if c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{ad}' | '\u{fffd}')
    {
        format!("the character U+{:04X}", u32::from(c))
    } else {
        format!("`{c}`")
    }
}

/// Marks that turn the direction of writing make a text read otherwise than it is compiled; inside
/// strings, names and comments nothing else would find them.
fn direction_marks(out: &mut Scanned, span: Span, text: &str) {
    if text.is_ascii() {
        return;
    }
    for (at, c) in text.char_indices() {
        if matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            let start = span.range().start + at;
            let span = Span::new(span.file, start, start + c.len_utf8());
            out.diagnostics.push(
                Diagnostic::new(
                    codes::INVALID_CHARACTER,
                    span,
                    format!("{} turns the direction of writing", show_char(c)),
                )
                .note("what the screen shows is not what is compiled")
                .fix("remove it", span, ""),
            );
        }
    }
}
