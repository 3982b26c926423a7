//! The grammar as parser combinators: one rule per production of `grammar/line.ebnf`, in its order.
//!
//! Recovery: a bad value becomes `ExprKind::Error` and the text up to the next separator is skipped;
//! a bad item becomes `Item::Error`. Brackets are balanced before, so skipping never leaves its block.

use chumsky::input::Input as _;
use chumsky::pratt::{infix, left, prefix};
use chumsky::prelude::*;

use crate::base::Span;
use crate::diag::{Diagnostic, codes};

use super::literal;
use super::problem::{Label, Problem, Tokens};
use super::token::{Kind, Token};
use super::tree::{
    Argument, BinaryOp, Block, Chain, Declaration, Edition, Entry, Expect, Expr, ExprKind, Flow, Hours, Item, Key,
    Link, LinkKind, Name, Param, Phrase, Preposition, Quantity, Step, Table, Tail, Text, UnaryOp, Unit, Use, UseTarget,
};
use super::words;

type Extra = extra::Err<Problem>;
type Rule<'src, O> = Boxed<'src, 'src, Tokens<'src>, O, Extra>;

/// One thing at the outer level: an item, or the edition line.
pub enum Top {
    /// An item.
    Item(Box<Item>),
    /// `flowline 1`.
    Edition(Edition),
}

/// Parses arranged tokens. Returns the items and what failed. O(tokens).
#[must_use]
pub fn parse(text: &str, tokens: &[Token], end: Span) -> (Vec<Top>, Vec<Problem>) {
    let pairs: Vec<(Kind, Span)> = tokens.iter().map(|t| (t.kind, t.span)).collect();
    let input = pairs.as_slice().split_token_span(end);
    let (items, problems) = file(text).parse(input).into_output_errors();
    (items.unwrap_or_default(), problems)
}

/// The text of a span, for rules that need it.
fn slice(text: &str, span: Span) -> &str {
    text.get(span.range()).unwrap_or("")
}

fn error_expr(span: Span) -> Expr {
    Expr { kind: ExprKind::Error, span }
}

fn error_chain(span: Span) -> Chain {
    Chain { lead: None, first: error_expr(span), steps: Vec::new(), span }
}

fn error_phrase(span: Span) -> Phrase {
    Phrase { chain: error_chain(span), hours: None, tails: Vec::new(), span }
}

/// Skips to the next separator or closer of this bracket, at least `least` tokens; gives what it skipped.
fn skip<'src>(least: usize) -> impl Parser<'src, Tokens<'src>, Span, Extra> + Clone {
    skip_until(least, |_| false)
}

/// The same, stopping also at links.
fn skip_step<'src>() -> impl Parser<'src, Tokens<'src>, Span, Extra> + Clone {
    skip_until(0, |kind| matches!(kind, Kind::Arrow | Kind::Symmetric | Kind::LinkOpen))
}

fn skip_until<'src>(
    least: usize,
    stop: impl Fn(Kind) -> bool + Clone + 'src,
) -> impl Parser<'src, Tokens<'src>, Span, Extra> + Clone {
    custom(move |input| {
        let before = input.cursor();
        let mut depth = 0usize;
        let mut skipped = 0usize;
        while let Some(kind) = input.peek() {
            if depth == 0 && (stop(kind) || kind.closes() || matches!(kind, Kind::Comma | Kind::Newline)) {
                break;
            }
            if kind.opens() {
                depth += 1;
            } else if kind.closes() {
                depth = depth.saturating_sub(1);
            }
            input.skip();
            skipped += 1;
        }
        let span = input.span_since(&before);
        if skipped < least {
            return Err(Problem::unexpected(input.peek(), span));
        }
        Ok(span)
    })
}

/// Succeeds, reading nothing, where an entry may end; skips what stands there otherwise and tells so.
fn entry_end<'src>() -> Rule<'src, bool> {
    custom(|input| {
        let before = input.cursor();
        match input.peek() {
            None | Some(Kind::Comma | Kind::Newline) => Ok(true),
            Some(kind) if kind.closes() => Ok(true),
            found => {
                input.skip();
                Err(Problem::unexpected(found, input.span_since(&before)))
            }
        }
    })
    .labelled(Label::End)
    .recover_with(via_parser(skip(1).to(false)))
    .boxed()
}

fn file<'src>(text: &'src str) -> Rule<'src, Vec<Top>> {
    let edition = just(Kind::EditionWord)
        .ignore_then(just(Kind::Number).map_with(|_, e| e.span()))
        .map_with(move |number: Span, e| {
            let number = literal::number(slice(text, number)).unwrap_or_default();
            Top::Edition(Edition { number, span: e.span() })
        })
        .then_ignore(entry_end());
    let item = item_rule(text);
    choice((edition, item.map(Top::Item)))
        .separated_by(separator())
        .allow_trailing()
        .collect()
        .then_ignore(end())
        .boxed()
}

fn separator<'src>() -> impl Parser<'src, Tokens<'src>, (), Extra> + Clone {
    choice((just(Kind::Newline), just(Kind::Comma))).ignored().labelled(Label::End)
}

/// A name, in back-ticks or not.
fn name<'src>(text: &'src str) -> impl Parser<'src, Tokens<'src>, Name, Extra> + Clone {
    select! { Kind::Name => (), Kind::Quoted => () }
        .map_with(move |(), e| {
            let span: Span = e.span();
            Name { text: literal::name(slice(text, span)).into_owned(), span }
        })
        .labelled(Label::Name)
}

/// A reserved word where the place makes it a name.
fn keyword<'src>(text: &'src str) -> impl Parser<'src, Tokens<'src>, Name, Extra> + Clone {
    select! { kind if Kind::is_reserved_word(kind) && kind != Kind::If => () }.map_with(move |(), e| {
        let span: Span = e.span();
        Name { text: slice(text, span).to_string(), span }
    })
}

/// `06:00..22:00`
fn hours<'src>(text: &'src str) -> Rule<'src, Hours> {
    let clock = just(Kind::Clock).map_with(|_, e| -> Span { e.span() });
    clock
        .then_ignore(just(Kind::DotDot))
        .then(clock)
        .try_map(move |(from_span, to_span), span| {
            let (Some(from), Some(to)) = (literal::clock(slice(text, from_span)), literal::clock(slice(text, to_span)))
            else {
                return Err(Problem::unexpected(Some(Kind::Clock), span));
            };
            Ok(Hours { from, from_span, to, to_span, span })
        })
        .boxed()
}

/// The mutually recursive rules, tied by the rule for items.
fn item_rule<'src>(text: &'src str) -> Rule<'src, Box<Item>> {
    recursive(|item| {
        // Items travel boxed through the rules, because they are large and pass through many hands.
        let items = item.map(|item: Box<Item>| *item).separated_by(separator()).allow_trailing().collect::<Vec<Item>>();
        let block = items
            .delimited_by(just(Kind::BraceOpen), just(Kind::BraceClose))
            .map_with(|items, e| Block { items, span: e.span() })
            .boxed();
        let rules = value_rules(text, block.clone());
        let phrase = rules.phrase.clone();
        let item_rules = choice((
            use_rule(text),
            flow_rule(rules.chain.clone()),
            expect_rule(text, phrase.clone()),
            declaration_rule(text, &rules, block),
            entry_rule(text, &rules),
        ));
        item_rules
            .then(entry_end())
            .map(|(mut item, clean)| {
                if !clean {
                    spoiled(&mut item);
                }
                item
            })
            .recover_with(via_parser(skip(1).map(|span| Box::new(Item::Error(span)))))
            .boxed()
    })
    .boxed()
}

/// An item with text behind it that does not belong there: its last value is a bad one.
fn spoiled(item: &mut Item) {
    match item {
        Item::Entry(entry) => {
            if entry.key.word().is_some_and(|w| words::DECLARATION.contains(&w)) && entry.phrase.is_none() {
                // `station 5x { … }`: a declaration without a name is no field.
                *item = Item::Error(entry.span);
                return;
            }
            let bad = error_phrase(entry.span.after());
            match &mut entry.default {
                Some(default) => *default = bad,
                None => entry.phrase = Some(bad),
            }
        }
        Item::Declaration(declaration) => {
            if declaration.block.is_none()
                && let Some(last) = declaration.value.as_mut().or(declaration.phrase.as_mut())
            {
                *last = error_phrase(last.span);
            }
        }
        Item::Expect(expect) => expect.phrase = error_phrase(expect.phrase.span),
        Item::Flow(flow) => {
            // `flow b -> 95 %: out`: what stands there is no node, which is told already.
            if let Some(last) = flow.chain.steps.last_mut()
                && matches!(last.expr.kind, ExprKind::Quantity(_))
            {
                last.expr.kind = ExprKind::Error;
                return;
            }
            // The chain goes on in a way that nobody knows.
            let span = flow.span.after();
            flow.chain.steps.push(Step { link: Link { kind: LinkKind::Arrow, span }, expr: error_expr(span) });
        }
        Item::Use(_) | Item::Error(_) => {}
    }
}

fn use_rule<'src>(text: &'src str) -> Rule<'src, Box<Item>> {
    let file = string(text).map(UseTarget::File);
    let path = name(text).separated_by(just(Kind::Dot)).at_least(1).collect().map(UseTarget::Path);
    just(Kind::UseWord)
        .ignore_then(choice((file, path)))
        .then(just(Kind::As).ignore_then(name(text)).or_not())
        .map_with(|(target, alias), e| Box::new(Item::Use(Use { target, alias, span: e.span() })))
        .boxed()
}

fn flow_rule<'src>(chain: Rule<'src, Chain>) -> Rule<'src, Box<Item>> {
    just(Kind::FlowWord)
        .map_with(|_, e| -> Span { e.span() })
        .then(chain.recover_with(via_parser(skip(0).map(error_chain))))
        .map_with(|(word, chain), e| Box::new(Item::Flow(Flow { word, chain, span: e.span() })))
        .boxed()
}

fn expect_rule<'src>(text: &'src str, phrase: Rule<'src, Phrase>) -> Rule<'src, Box<Item>> {
    just(Kind::ExpectWord)
        .map_with(|_, e| -> Span { e.span() })
        .then(name(text).then_ignore(just(Kind::Colon)).or_not())
        .then(or_error(phrase))
        .map_with(|((word, name), phrase), e| {
            Box::new(Item::Expect(Expect { word, name, phrase, doc: None, span: e.span() }))
        })
        .boxed()
}

/// A phrase, or a bad value up to the next separator.
fn or_error<'src>(phrase: Rule<'src, Phrase>) -> Rule<'src, Phrase> {
    phrase.recover_with(via_parser(skip(0).map(error_phrase))).boxed()
}

fn declaration_rule<'src>(text: &'src str, rules: &Values<'src>, block: Rule<'src, Block>) -> Rule<'src, Box<Item>> {
    let word =
        select! { Kind::Name => (), Kind::Quoted => (), Kind::Item => (), Kind::In => () }.map_with(move |(), e| {
            let span: Span = e.span();
            Name { text: literal::name(slice(text, span)).into_owned(), span }
        });
    let phrase = or_error(rules.phrase.clone());
    let index = index_rule(rules.expr.clone());
    let param = name(text)
        .then_ignore(just(Kind::Colon))
        .then(phrase.clone())
        .then(just(Kind::Equals).ignore_then(phrase.clone()).or_not())
        .map_with(|((name, kind), default), e| Some(Param { name, kind, default, span: e.span() }))
        .then_ignore(entry_end())
        .recover_with(via_parser(skip(1).to(None)))
        .boxed();
    let params = param
        .separated_by(just(Kind::Comma))
        .allow_trailing()
        .collect::<Vec<_>>()
        .map(|params| params.into_iter().flatten().collect::<Vec<Param>>())
        .delimited_by(just(Kind::ParenOpen), just(Kind::ParenClose));
    word.then(name(text))
        .then(index.repeated().collect::<Vec<Expr>>())
        .then(params.or_not())
        .then(just(Kind::Colon).ignore_then(phrase.clone()).or_not())
        .then(just(Kind::Equals).ignore_then(phrase).or_not())
        .then(block.or_not())
        .map_with(|((((((word, name), indices), params), phrase), value), block), e| {
            let span = e.span();
            Box::new(Item::Declaration(Declaration {
                word,
                name,
                indices,
                params,
                phrase,
                value,
                block,
                doc: None,
                span,
            }))
        })
        .boxed()
}

/// `[i]`
fn index_rule<'src>(expr: Rule<'src, Expr>) -> Rule<'src, Expr> {
    expr_or_error(expr).then_ignore(entry_end()).delimited_by(just(Kind::BracketOpen), just(Kind::BracketClose)).boxed()
}

/// An expression that fills its place, or a bad value up to the next separator.
fn expr_or_error<'src>(expr: Rule<'src, Expr>) -> Rule<'src, Expr> {
    expr.recover_with(via_parser(skip(0).map(error_expr)))
        .then(entry_end())
        .map(|(expr, clean)| if clean { expr } else { error_expr(expr.span) })
        .boxed()
}

/// A phrase that fills its place, or a bad value up to the next separator; at least one token.
fn whole_phrase<'src>(phrase: Rule<'src, Phrase>) -> Rule<'src, Phrase> {
    phrase
        .recover_with(via_parser(skip(1).map(error_phrase)))
        .then(entry_end())
        .map(|(phrase, clean)| if clean { phrase } else { error_phrase(phrase.span) })
        .boxed()
}

fn entry_rule<'src>(text: &'src str, rules: &Values<'src>) -> Rule<'src, Box<Item>> {
    let Values { phrase, chain, expr } = rules.clone();
    let phrase = or_error(phrase);
    let span_of = |kind: Kind| just(kind).map_with(|_, e| -> Span { e.span() });
    let before_value = choice((just(Kind::Colon), just(Kind::Equals))).rewind();
    let word_key = keyword(text).then_ignore(before_value).map(Key::Word);
    let if_key = span_of(Kind::If).then(expr.clone()).map(|(word, condition)| Key::If { word, condition });
    let for_key = span_of(Kind::For)
        .then(name(text))
        .then_ignore(just(Kind::In))
        .then(expr)
        .map(|((word, name), over)| Key::For { word, name, over });
    let colon_value = just(Kind::Colon).ignore_then(phrase.clone());
    let equals_value = just(Kind::Equals).ignore_then(phrase);
    let special = choice((if_key.boxed(), for_key.boxed())).then(colon_value.clone().map(Some));
    let word = word_key.then(colon_value.clone().or_not());
    let chain_key = chain.then(hours(text).or_not()).try_map(|(chain, hours), _| match hours {
        None => Ok(Key::Chain(chain)),
        Some(hours) if chain.as_expr().is_some() => Ok(Key::Hours { days: chain.first, hours }),
        Some(hours) => Err(Problem::unexpected(Some(Kind::Clock), hours.from_span)),
    });
    let plain = chain_key.then(colon_value.or_not());
    choice((word.boxed(), special.boxed(), plain.boxed()))
        .then(equals_value.or_not())
        .map_with(|((key, phrase), default), e| {
            // `@: 5` and the like: the key was bad, the diagnostic is given.
            if matches!(&key, Key::Chain(chain) if chain.is_error()) {
                return Box::new(Item::Error(e.span()));
            }
            Box::new(Item::Entry(Entry { key, phrase, default, doc: None, span: e.span() }))
        })
        .boxed()
}

fn preposition<'src>() -> impl Parser<'src, Tokens<'src>, (Preposition, Span), Extra> + Clone {
    select! {
        Kind::At => Preposition::At,
        Kind::From => Preposition::From,
        Kind::To => Preposition::To,
        Kind::During => Preposition::During,
        Kind::Step => Preposition::Step,
    }
    .map_with(|preposition, e| (preposition, e.span()))
}

/// The rules for values, each built once.
#[derive(Clone)]
struct Values<'src> {
    phrase: Rule<'src, Phrase>,
    chain: Rule<'src, Chain>,
    expr: Rule<'src, Expr>,
}

fn value_rules<'src>(text: &'src str, block: Rule<'src, Block>) -> Values<'src> {
    let phrase = recursive(|phrase: Recursive<dyn Parser<'src, Tokens<'src>, Phrase, Extra>>| {
        let arguments = arguments_rule(text, phrase.clone().boxed());
        let expr = expr_rule(text, phrase.boxed(), arguments.clone(), block.clone());
        phrase_rule(text, chain_rule(arguments, expr))
    })
    .boxed();
    // The same rules again, holding the phrase strongly: handles from inside `recursive` are weak.
    let arguments = arguments_rule(text, phrase.clone());
    let expr = expr_rule(text, phrase.clone(), arguments.clone(), block);
    Values { phrase, chain: chain_rule(arguments, expr.clone()), expr }
}

fn phrase_rule<'src>(text: &'src str, chain: Rule<'src, Chain>) -> Rule<'src, Phrase> {
    let tail_chain = chain.clone().recover_with(via_parser(skip(0).map(error_chain)));
    let tail = preposition().then(tail_chain).map(|((preposition, word), chain)| Tail { preposition, word, chain });
    chain
        .then(hours(text).or_not())
        .then(tail.repeated().collect::<Vec<Tail>>())
        .map_with(|((chain, hours), tails), e| Phrase { chain, hours, tails, span: e.span() })
        .boxed()
}

fn arguments_rule<'src>(text: &'src str, phrase: Rule<'src, Phrase>) -> Rule<'src, Vec<Argument>> {
    let label = choice((name(text), keyword(text))).then_ignore(just(Kind::Colon));
    let value = or_error(phrase.clone())
        .then(entry_end())
        .map(|(phrase, clean)| if clean { phrase } else { error_phrase(phrase.span) });
    let labelled = label.then(value).map(|(name, value)| (Some(name), value));
    let plain = whole_phrase(phrase).map(|value| (None, value));
    // `in order`, on an arrow; nothing else can have such a name.
    let manner = just(Kind::In).ignore_then(name(text)).map_with(|name, e| {
        let span: Span = e.span();
        let first = Expr { span, kind: ExprKind::Name(format!("in {}", name.text)) };
        let chain = Chain { lead: None, first, steps: Vec::new(), span };
        (None, Phrase { chain, hours: None, tails: Vec::new(), span })
    });
    choice((labelled.boxed(), manner.boxed(), plain.boxed()))
        .map_with(|(name, value), e| Argument { name, value, span: e.span() })
        .separated_by(just(Kind::Comma))
        .allow_trailing()
        .collect()
        .boxed()
}

fn chain_rule<'src>(arguments: Rule<'src, Vec<Argument>>, expr: Rule<'src, Expr>) -> Rule<'src, Chain> {
    let arguments = arguments
        .delimited_by(just(Kind::LinkOpen), just(Kind::BracketClose))
        .then_ignore(just(Kind::Arrow))
        .map(LinkKind::Arguments);
    let link =
        choice((just(Kind::Arrow).to(LinkKind::Arrow), just(Kind::Symmetric).to(LinkKind::Symmetric), arguments))
            .map_with(|kind, e| Link { kind, span: e.span() })
            .boxed();
    let step_expr = expr.clone().recover_with(via_parser(skip_step().map(error_expr)));
    let step = link.clone().then(step_expr).map(|(link, expr)| Step { link, expr });
    link.or_not()
        .then(expr)
        .then(step.repeated().collect::<Vec<Step>>())
        .map_with(|((lead, first), steps), e| Chain { lead, first, steps, span: e.span() })
        .boxed()
}

fn string<'src>(text: &'src str) -> impl Parser<'src, Tokens<'src>, Text, Extra> + Clone {
    just(Kind::String).map_with(move |_, e| {
        let span: Span = e.span();
        Text { text: literal::string(slice(text, span)).0, span }
    })
}

/// What may follow a primary expression.
enum Postfix {
    Index(Expr),
    Member(Name),
    Call(Vec<Argument>),
}

fn expr_rule<'src>(
    text: &'src str,
    phrase: Rule<'src, Phrase>,
    arguments: Rule<'src, Vec<Argument>>,
    block: Rule<'src, Block>,
) -> Rule<'src, Expr> {
    recursive(|expr| {
        let primary = primary_rule(text, expr.clone().boxed(), phrase, block);
        let power = power_rule(text, primary, expr.boxed(), arguments);
        logic_rule(range_rule(power)).labelled(Label::Value).boxed()
    })
    .boxed()
}

/// postfix, power.
fn power_rule<'src>(
    text: &'src str,
    primary: Rule<'src, Expr>,
    expr: Rule<'src, Expr>,
    arguments: Rule<'src, Vec<Argument>>,
) -> Rule<'src, Expr> {
    let index = index_rule(expr).map(Postfix::Index);
    let member = just(Kind::Dot).ignore_then(choice((name(text), any_keyword(text)))).map(Postfix::Member);
    let call = arguments.delimited_by(just(Kind::ParenOpen), just(Kind::ParenClose)).map(Postfix::Call);
    let postfix = primary
        .foldl_with(choice((member.boxed(), index.boxed(), call.boxed())).repeated(), |base, postfix, e| {
            let span = e.span();
            if let (ExprKind::Quantity(quantity), Postfix::Call(_)) = (&base.kind, &postfix) {
                e.emit(Problem::known(number_before_call(quantity)));
                return error_expr(span);
            }
            let base = Box::new(base);
            let kind = match postfix {
                Postfix::Index(index) => ExprKind::Index { base, index: Box::new(index) },
                Postfix::Member(member) => ExprKind::Member { base, member },
                Postfix::Call(arguments) => ExprKind::Call { function: base, arguments },
            };
            Expr { kind, span }
        })
        .boxed();
    let exponent_sign = just(Kind::Minus).map_with(|_, e| -> Span { e.span() }).or_not();
    let exponent = exponent_sign.then(quantity(text)).map(|(sign, number)| match sign {
        None => number,
        Some(op_span) => {
            let span = op_span.to(number.span);
            Expr { kind: ExprKind::Unary { op: UnaryOp::Minus, op_span, operand: Box::new(number) }, span }
        }
    });
    let caret = just(Kind::Caret).map_with(|_, e| -> Span { e.span() });
    postfix
        .labelled(Label::Value)
        .then(caret.then(exponent).or_not())
        .map(|(base, power)| match power {
            None => base,
            Some((op_span, exponent)) => binary(base, (BinaryOp::Power, op_span), exponent),
        })
        .boxed()
}

fn number_before_call(quantity: &Quantity) -> Diagnostic {
    let span = quantity.number_span.after();
    let name = quantity.unit.as_ref().map_or("", |u| u.text.as_str());
    Diagnostic::new(
        codes::NUMBER_BEFORE_CALL,
        quantity.number_span,
        format!("a number directly before `{name}(…)` does not multiply it"),
    )
    .note("a name directly behind a number is a unit or something counted")
    .fix("write `*` between them", span, " *")
}

fn binary(left: Expr, (op, op_span): (BinaryOp, Span), right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr { kind: ExprKind::Binary { op, op_span, left: Box::new(left), right: Box::new(right) }, span }
}

fn unary(op: UnaryOp, op_span: Span, operand: Expr) -> Expr {
    let span = op_span.to(operand.span);
    Expr { kind: ExprKind::Unary { op, op_span, operand: Box::new(operand) }, span }
}

/// range, sum, product, sign.
fn range_rule<'src>(power: Rule<'src, Expr>) -> Rule<'src, Expr> {
    let operator = |kind: Kind, op: BinaryOp| just(kind).map_with(move |_, e| -> (BinaryOp, Span) { (op, e.span()) });
    let sums = choice((operator(Kind::Plus, BinaryOp::Add), operator(Kind::Minus, BinaryOp::Subtract)));
    let products = choice((operator(Kind::Star, BinaryOp::Multiply), operator(Kind::Slash, BinaryOp::Divide)));
    let minus = just(Kind::Minus).map_with(|_, e| -> Span { e.span() });
    let sum = power
        .pratt((
            prefix(3, minus, |op_span, operand, _| unary(UnaryOp::Minus, op_span, operand)),
            infix(left(2), products, |left, op, right, _| binary(left, op, right)),
            infix(left(1), sums, |left, op, right, _| binary(left, op, right)),
        ))
        .boxed();
    sum.clone()
        .then(just(Kind::DotDot).ignore_then(sum).or_not())
        .map(|(from, to)| match to {
            None => from,
            Some(to) => {
                let span = from.span.to(to.span);
                Expr { kind: ExprKind::Range { from: Box::new(from), to: Box::new(to) }, span }
            }
        })
        .boxed()
}

/// alternatives, disjunction, conjunction, negation, comparison.
fn logic_rule<'src>(range: Rule<'src, Expr>) -> Rule<'src, Expr> {
    let comparing = select! {
        Kind::Less => BinaryOp::Less,
        Kind::LessEqual => BinaryOp::LessEqual,
        Kind::Greater => BinaryOp::Greater,
        Kind::GreaterEqual => BinaryOp::GreaterEqual,
        Kind::EqualEqual => BinaryOp::Equal,
        Kind::NotEqual => BinaryOp::NotEqual,
        Kind::In => BinaryOp::In,
    }
    .map_with(|op, e| -> (BinaryOp, Span) { (op, e.span()) });
    let comparison = range
        .clone()
        .then(comparing.then(range).repeated().collect::<Vec<_>>())
        .map_with(|(first, rest), e| {
            let second = rest.get(1).map(|(op, _)| *op);
            let mut parts = rest.into_iter();
            let Some((op, right)) = parts.next() else { return first };
            let Some(second) = second else { return binary(first, op, right) };
            e.emit(Problem::known(comparison_chain(op, second)));
            error_expr(e.span())
        })
        .boxed();
    let not = just(Kind::Not).map_with(|_, e| -> Span { e.span() });
    let word = |kind: Kind, op: BinaryOp| just(kind).map_with(move |_, e| -> (BinaryOp, Span) { (op, e.span()) });
    comparison
        .pratt((
            prefix(4, not, |op_span, operand, _| unary(UnaryOp::Not, op_span, operand)),
            infix(left(3), word(Kind::And, BinaryOp::And), |left, op, right, _| binary(left, op, right)),
            infix(left(2), word(Kind::Or, BinaryOp::Or), |left, op, right, _| binary(left, op, right)),
            infix(left(1), word(Kind::Bar, BinaryOp::Alternative), |left, op, right, _| binary(left, op, right)),
        ))
        .boxed()
}

fn comparison_chain(first: (BinaryOp, Span), second: (BinaryOp, Span)) -> Diagnostic {
    Diagnostic::new(codes::COMPARISON_CHAIN, second.1, "comparisons do not follow one another")
        .with(first.1, "the first comparison")
        .help("write `x in 110..120 /h` for a range, or join two comparisons with `and`")
}

fn any_keyword<'src>(text: &'src str) -> impl Parser<'src, Tokens<'src>, Name, Extra> + Clone {
    select! { kind if Kind::is_reserved_word(kind) => () }.map_with(move |(), e| {
        let span: Span = e.span();
        Name { text: slice(text, span).to_string(), span }
    })
}

/// `60`, `1.8 s`, `12 Bottle`
fn quantity<'src>(text: &'src str) -> Rule<'src, Expr> {
    let number = just(Kind::Number).map_with(|_, e| -> Span { e.span() });
    let unit = just(Kind::Unit).map_with(move |_, e| {
        let span: Span = e.span();
        Unit { text: literal::unit(slice(text, span)), span }
    });
    number
        .then(unit.or_not())
        .map_with(move |(number_span, unit), e| {
            let span = e.span();
            let kind = match literal::number(slice(text, number_span)) {
                Some(number) => ExprKind::Quantity(Quantity { number, number_span, unit }),
                None => ExprKind::Error,
            };
            Expr { kind, span }
        })
        .boxed()
}

fn primary_rule<'src>(
    text: &'src str,
    expr: Rule<'src, Expr>,
    phrase: Rule<'src, Phrase>,
    block: Rule<'src, Block>,
) -> Rule<'src, Expr> {
    let table = block.map_with(|block, e| into_table(block, &mut |problem| e.emit(problem))).boxed();
    let named = name(text).then(table.clone().or_not()).map_with(|(name, table), e| Expr {
        span: e.span(),
        kind: match table {
            None => ExprKind::Name(name.text),
            Some(table) => ExprKind::NamedTable { name, table },
        },
    });
    // `on belt`: where work is done; no declaration can have such a name.
    let place = just(Kind::On)
        .ignore_then(name(text))
        .map_with(|name, e| Expr { span: e.span(), kind: ExprKind::Name(format!("on {}", name.text)) });
    let word = select! {
        Kind::True => ExprKind::Bool(true),
        Kind::False => ExprKind::Bool(false),
        Kind::Now => ExprKind::Now,
        Kind::Item => ExprKind::Item,
        Kind::Ellipsis => ExprKind::Ellipsis,
        Kind::Question => ExprKind::Unknown,
    }
    .map_with(|kind, e| Expr { kind, span: e.span() });
    let clock = just(Kind::Clock).map_with(move |_, e| {
        let span: Span = e.span();
        Expr { kind: literal::clock(slice(text, span)).map_or(ExprKind::Error, ExprKind::Clock), span }
    });
    let time_of_day = just(Kind::Clock)
        .map_with(|_, e| -> Span { e.span() })
        .then_ignore(just(Kind::DotDot).then(just(Kind::Clock)).not())
        .or_not();
    let date = just(Kind::Date).map_with(|_, e| -> Span { e.span() }).then(time_of_day).map_with(
        move |(date, clock): (Span, Option<Span>), e| Expr {
            span: e.span(),
            kind: literal::date(slice(text, date)).map_or(ExprKind::Error, |date| ExprKind::Date {
                date,
                clock: clock.and_then(|c| literal::clock(slice(text, c))),
            }),
        },
    );
    let list = whole_phrase(phrase)
        .separated_by(just(Kind::Comma))
        .allow_trailing()
        .collect::<Vec<Phrase>>()
        .delimited_by(just(Kind::BracketOpen), just(Kind::BracketClose))
        .map_with(|phrases, e| Expr { kind: ExprKind::List(phrases), span: e.span() });
    let group = expr_or_error(expr)
        .delimited_by(just(Kind::ParenOpen), just(Kind::ParenClose))
        .map_with(|inner, e| Expr { kind: ExprKind::Group(Box::new(inner)), span: e.span() });
    let table = table.map(|table| Expr { span: table.span, kind: ExprKind::Table(table) });
    let bad = just(Kind::Bad).ignore_then(skip(0)).map_with(|_, e| error_expr(e.span()));
    let string = string(text).map(|t| Expr { kind: ExprKind::String(t.text), span: t.span });
    choice((
        quantity(text),
        named.boxed(),
        place.boxed(),
        word.boxed(),
        table.boxed(),
        list.boxed(),
        group.boxed(),
        clock.boxed(),
        date.boxed(),
        string.boxed(),
        bad.boxed(),
    ))
    .boxed()
}

/// A block read as a table: only entries are possible in it.
fn into_table(block: Block, emit: &mut dyn FnMut(Problem)) -> Table {
    let mut entries = Vec::with_capacity(block.items.len());
    let mut incomplete = false;
    for item in block.items {
        let what = match item {
            Item::Entry(entry) => {
                entries.push(entry);
                continue;
            }
            Item::Error(_) => None,
            Item::Declaration(declaration) => {
                let span = declaration.word.span.to(declaration.name.span);
                Some((span, format!("`{} {}`", declaration.word.text, declaration.name.text)))
            }
            Item::Flow(flow) => Some((flow.word, "a flow".to_string())),
            Item::Expect(expect) => Some((expect.word, "an expectation".to_string())),
            Item::Use(used) => Some((used.span, "`use`".to_string())),
        };
        incomplete = true;
        if let Some((span, what)) = what {
            emit(Problem::known(
                Diagnostic::new(codes::MISPLACED_ITEM, span, format!("{what} cannot stand inside a value"))
                    .note("between these braces stand entries, `key: value`")
                    .help("move it to the line, or give the block in front of it a name"),
            ));
        }
    }
    Table { entries, incomplete, span: block.span }
}
